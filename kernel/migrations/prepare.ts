import type { DestructivePolicy } from '../config/config.js'
import type { Engine, Session } from '../engines/contract.js'
import type { Fault } from '../errors.js'
import { ask } from './checks/ask.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import type { SchemaCache } from './declared/wanted-schema.js'
import { type MigrationPlan, planMigration } from './diff/plan.js'
import type { MigrationStep } from './diff/step.js'
import { outlineOf, type SchemaOutline } from './record/outline.js'
import { StoredRecord } from './record/stored-record.js'
import type { TakeBackup } from './take-backup.js'

export type PlanningEngine = Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>

export interface PlanningOptions {
  readonly destructive: DestructivePolicy
  readonly schemas: SchemaCache
  /** Asked for where `destructive` is `backup`, before a step that can lose values that are there. */
  readonly takeBackup: TakeBackup
  /** Nobody asked for this migration: where it goes back to what was declared before, it loses nothing. */
  readonly automatic?: boolean
  /** Databases with the same record are looked at once: for many in a row. */
  readonly presumes?: boolean
}

/** What is needed to run a plan. */
export interface RunnablePlan extends Omit<MigrationPlan, 'checks' | 'endangered'> {
  /** A step can lose values that are there, and a backup comes first. */
  readonly backsUp: boolean
  readonly stored: StoredRecord
}

/** A plan with what the database's rows say to it. */
export interface PreparedPlan extends RunnablePlan {
  /** What the database holds now. */
  readonly live: SchemaOutline
}

/** Looks at the database and changes nothing: what would bring it to what is declared, and all that stands against it. */
export async function preparePlan(
  session: Session,
  engine: PlanningEngine,
  declared: DeclaredSchema,
  options: PlanningOptions & { readonly goesBack?: boolean },
): Promise<PreparedPlan> {
  const { destructive, schemas } = options
  const live = await engine.introspect(session)
  const wanted = await schemas.wanted(engine, declared)
  const stored = await StoredRecord.read(session)
  const { checks, endangered, ...plan } = planMigration({ declared, wanted, live, record: stored.record, engine })
  if (engine.ddl.leavesTheRest) schemas.presumptions.keep(stored, live)
  return {
    ...plan,
    refusals: [...plan.refusals, ...(await ask(session, checks)), ...policyFaults(refusalOf(options), plan.steps)],
    backsUp: destructive === 'backup' && (await anyHasRows(session, engine, endangered)),
    stored,
    live: outlineOf(live),
  }
}

/**
 * The same without looking at the database, as far as it was migrated like one that was looked at and its rows agree.
 * `settled`: the fingerprint of the migration that was the last thing done to it.
 */
export async function presumePlan(
  session: Session,
  engine: PlanningEngine,
  declared: DeclaredSchema,
  settled: string,
  { schemas }: Pick<PlanningOptions, 'schemas'>,
): Promise<RunnablePlan | undefined> {
  if (!engine.ddl.leavesTheRest) return undefined
  const wanted = await schemas.wanted(engine, declared)
  const stored = await StoredRecord.read(session)
  const presumed = schemas.presumptions.plan(stored, settled, { declared, wanted, engine })
  if (!presumed) return undefined
  const { checks, endangered: _none, ...plan } = presumed
  if ((await ask(session, checks)).length > 0) return undefined
  return { ...plan, backsUp: false, stored }
}

/** For a database that is not there yet. */
export async function planAnew(
  engine: PlanningEngine,
  declared: DeclaredSchema,
  schemas: SchemaCache,
): Promise<MigrationPlan> {
  const wanted = await schemas.wanted(engine, declared)
  const live = { ...wanted, tables: {}, views: {} }
  return planMigration({ declared, wanted, live, record: undefined, engine })
}

async function anyHasRows(session: Session, { ddl }: PlanningEngine, tables: readonly string[]): Promise<boolean> {
  for (const table of tables) {
    const rows = await session.select(`SELECT 1 AS found FROM ${ddl.quote(table)} LIMIT 1`)
    if (rows.length > 0) return true
  }
  return false
}

/** Why steps that can lose data are refused, if they are. */
function refusalOf({
  destructive,
  automatic,
  goesBack,
}: PlanningOptions & { readonly goesBack?: boolean }): string | undefined {
  if (destructive === 'refuse') return 'migrations.destructive is "refuse"'
  // Servers of two versions, side by side for a while, would undo each other's work.
  if (automatic && goesBack) return 'other code migrated the database since; "m3saas migrate" goes back on purpose'
  return undefined
}

function policyFaults(refusal: string | undefined, steps: readonly MigrationStep[]): Fault[] {
  if (refusal === undefined) return []
  return steps.flatMap(({ destructive, table, changes }) => {
    const message = `${changes.join(', ')}: values can be lost, and ${refusal}`
    return destructive ? [{ path: table, message }] : []
  })
}
