import type { JobDefinition } from '../contract/define-cronjobs.js'
import type { ModuleClosure } from '../modules/load.js'
import { formatModuleVersion, type ModuleVersionName } from '../names.js'
import type { RegisteredJob } from './contract.js'
import { kernelJobs } from './kernel-jobs.js'

/** The jobs that a loaded module version brings along. */
export type JobsOfModule = (name: ModuleVersionName) => { readonly jobs: readonly JobDefinition[] } | undefined

/** The jobs of a tenant: the kernel's own, then those of its modules in their order. */
export function jobsOfTenant({ modules }: ModuleClosure, jobsOf: JobsOfModule): readonly RegisteredJob[] {
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
  return [...kernelJobs, ...found]
}

/** The kernel's own: the catalog has no modules. */
export const jobsOfCatalog: readonly RegisteredJob[] = kernelJobs

/** Why a job cannot be run; undefined if it can. */
export function whyUnavailable({ unavailable, definition }: RegisteredJob): string | undefined {
  return unavailable ?? (definition ? undefined : 'there is nothing that it would call')
}

/** The module and the name behind a key of the history, which may be of a job that is there no more. */
export function parseJobKey(key: string): Pick<RegisteredJob, 'module' | 'name'> {
  const [module, ...name] = key.split('/')
  return name.length === 0
    ? { module: 'kernel', name: key }
    : { module: module as ModuleVersionName, name: name.join('/') }
}
