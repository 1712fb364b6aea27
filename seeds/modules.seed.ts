import { defineSeed, modules } from 'm3saas'

/** The name is that of the folder in plugins/, or the one an npm package gives itself. */
export default defineSeed(modules, {
  main: [
    { id: 1, name: 'test' },
    { id: 2, name: 'users' },
    { id: 3, name: 'notes' },
  ],
})
