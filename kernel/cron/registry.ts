import type { CronjobsDefinition } from '../contract/define-cronjobs.js'
import type { ModuleClosure } from '../modules/load.js'
import { formatModuleVersion, type ModuleVersionName } from '../names.js'
import type { LeftOutJob, RegisteredJob } from './contract.js'

/** The jobs that a loaded module version brings along. */
export type JobsOfModule = (name: ModuleVersionName) => CronjobsDefinition | undefined

/** The jobs of a tenant: the kernel's own, then those of its modules in their order. */
export function jobsOfTenant(
  { modules }: ModuleClosure,
  jobsOf: JobsOfModule,
  own: readonly RegisteredJob[],
): readonly RegisteredJob[] {
  const found = modules.flatMap(({ name, version }) => {
    const module = formatModuleVersion(name, version)
    return (jobsOf(module)?.jobs ?? []).map((definition): RegisteredJob => {
      return {
        key: `${module}/${definition.name}`,
        module,
        name: definition.name,
        schedule: definition.schedule,
        definition,
      }
    })
  })
  return [...own, ...found]
}

/** What of a module version is declared wrongly. */
export function leftOutOf(module: ModuleVersionName, jobsOf: JobsOfModule): readonly LeftOutJob[] {
  const faults = jobsOf(module)?.faults ?? []
  return faults.map(({ path, message }) => ({ module, ...(path === '' ? {} : { job: path }), reason: message }))
}

/** The module and the name behind a key of the history, which may be of a job that is there no more. */
export function parseJobKey(key: string): Pick<RegisteredJob, 'module' | 'name'> {
  const [module, ...name] = key.split('/')
  return name.length === 0
    ? { module: 'kernel', name: key }
    : { module: module as ModuleVersionName, name: name.join('/') }
}
