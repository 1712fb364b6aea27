import type { Database, Engine } from '../engines/contract.js'
import { type Fault, M3Error } from '../errors.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import type { MigrationStep } from './diff/step.js'
import { pendingNames } from './migrate.js'
import { type LoggedMigration, MigrationLog, namesDone } from './migration-log.js'
import { type PlanningEngine, type PlanningOptions, type PreparedPlan, planAnew, preparePlan } from './prepare.js'
import { driftOf } from './record/drift.js'
import { unintended } from './record/pruned-record.js'
import { generatedName } from './run-pending.js'

/** What a migration of one database would do; plain data, ready for JSON. */
export interface PlanReport {
  readonly database: string
  /** The next migration would find nothing to run. It does not look for drift; steps that are named here mend it. */
  readonly upToDate: boolean
  /** The hand-written migrations that come first, in order. The steps are those without them. */
  readonly written: readonly string[]
  /** Values could be lost, and a backup of the database would be taken first. */
  readonly backsUp: boolean
  /** In order. */
  readonly steps: readonly MigrationStep[]
  /** Why it would be refused. */
  readonly refusals: readonly Fault[]
  /** What was changed by hand since the last migration. */
  readonly drift: readonly Fault[]
}

/**
 * Looks and changes nothing. A database that is not there yet needs all of it. Throws MODULE_INVALID for what the engine
 * cannot hold, MIGRATION_FAILED if a view or a table cannot be made as declared, or why the database cannot be reached.
 */
export async function reportPlan(
  database: Database,
  engine: PlanningEngine & Pick<Engine, 'isNotProvisioned'>,
  declared: DeclaredSchema,
  options: PlanningOptions,
): Promise<PlanReport> {
  try {
    const log = await logOf(database, engine)
    const pending = pendingNames(declared, namesDone(log ?? []))
    const common = {
      database: database.name,
      upToDate: pending.length === 0,
      written: pending.filter((name) => name !== generatedName(declared)),
    }
    if (!log) {
      const { steps, refusals } = await planAnew(engine, declared, options.schemas)
      return { ...common, backsUp: false, steps, refusals, drift: [] }
    }
    await options.schemas.warm(engine, declared)
    const plan = await database.session((session) => preparePlan(session, engine, declared, options))
    const { backsUp, steps, refusals } = plan
    return { ...common, backsUp, steps, refusals, drift: driftSince(log, plan) }
  } catch (error) {
    if (error instanceof M3Error) throw error
    throw new M3Error('MIGRATION_FAILED', 'The database cannot be compared with what is declared', { cause: error })
  }
}

/** Undefined if the database is not there. */
async function logOf(
  database: Pick<Database, 'select'>,
  engine: Pick<Engine, 'isNotProvisioned'>,
): Promise<LoggedMigration[] | undefined> {
  try {
    return await MigrationLog.read(database)
  } catch (error) {
    if (engine.isNotProvisioned(error)) return undefined
    throw error
  }
}

/** Only the last migration that was finished tells what to expect: what came after it may have changed anything. */
function driftSince(log: readonly LoggedMigration[], { stored, live }: PreparedPlan): Fault[] {
  const last = log.findLast(({ kind, outcome }) => kind === 'generated' && outcome === 'done')
  const isWritten = log.some(({ id, kind }) => last && id > last.id && kind !== 'generated')
  const { record } = stored
  if (!record || isWritten || last?.name !== generatedName(record)) return []
  return unintended(driftOf(record.expected, live), record)
}
