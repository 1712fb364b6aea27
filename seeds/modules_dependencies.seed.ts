import { defineSeed, modulesDependencies } from 'm3saas'

/** Every version of a module depends on the named version of the other. */
export default defineSeed(modulesDependencies, {
  main: [
    // notes → users@v1
    { id: 1, module_id: 3, dependency_module_id: 2, version: 1 },
  ],
})
