import type { JobContext, Mqtt } from '../../contract/context.js'
import type { JobDefinition } from '../../contract/define-cronjobs.js'
import { isCronjobs } from '../../contract/define-cronjobs.js'
import type { ModuleDefinition } from '../../contract/define-module.js'
import type { Database } from '../../engines/contract.js'
import { M3Error } from '../../errors.js'
import { importFile } from '../../modules/import-file.js'
import { moduleOf } from '../../modules/root-export.js'
import { formatModuleVersion } from '../../names.js'
import { Tenant } from '../../tenants/tenant.js'
import type { JobLog } from './job-log.js'
import type { JobMessage } from './message.js'

/** The time limit of the run covers imports, too. */
const IMPORT_SECONDS = 86_400

export interface RunTools {
  readonly database: Database
  readonly log: JobLog
  readonly mqtt: Mqtt
}

/** Loads the modules, prepares what the job's module uses, and runs the job. Throws whatever any of it throws. */
export async function runJob(message: JobMessage, { database, log, mqtt }: RunTools): Promise<void> {
  const { tenant, lengths, dependencies, job } = message
  const modules: ModuleDefinition[] = []
  for (const { name, file } of message.modules) modules.push(moduleOf(await importFile(file, IMPORT_SECONDS), { name }))
  const definition = jobOf(await importFile(job.file, IMPORT_SECONDS), job.name)
  const own = new Tenant({ ...tenant, modules, dependencies, database, lengths, mqtt })
  let context: JobContext | undefined
  for (const module of modules) {
    const name = formatModuleVersion(module.name, module.version)
    const given = own.contextOf(module, log.logger(name))
    await own.prepareExports(module, given)
    const { attempt, now } = job
    if (name === job.module) context = Object.freeze({ ...given, job: Object.freeze({ name: job.name, attempt, now }) })
  }
  if (!context) throw new M3Error('MODULE_INVALID', `${job.module} is not among the modules of the tenant`)
  await definition.run(context)
}

function jobOf(exported: Readonly<Record<string, unknown>>, name: string): JobDefinition {
  const found = Object.values(exported)
    .filter(isCronjobs)
    .flatMap(({ jobs }) => jobs)
    .find((job) => job.name === name)
  if (!found) throw new M3Error('MODULE_INVALID', `its cron file declares no job ${name} when it is loaded again`)
  return found
}
