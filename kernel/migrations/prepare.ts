import type { DestructivePolicy } from '../config/config.js'
import type { Engine, Session } from '../engines/contract.js'
import type { Fault } from '../errors.js'
import { ask } from './checks/ask.js'
import { Copies, type CopyStep } from './copies.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import type { SchemaCache } from './declared/wanted-schema.js'
import { type MigrationPlan, planMigration } from './diff/plan.js'
import type { MigrationStep } from './diff/step.js'
import { outlineOf, type SchemaOutline } from './record/outline.js'
import { StoredRecord } from './record/stored-record.js'

export type PlanningEngine = Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>

export interface PlanningOptions {
  readonly destructive: DestructivePolicy
  readonly schemas: SchemaCache
  /** Nobody asked for this migration: where it goes back to what was declared before, it loses nothing. */
  readonly automatic?: boolean
  /** Databases with the same record are looked at once: for many in a row. */
  readonly presumes?: boolean
}

/** What is needed to run a plan. */
export interface RunnablePlan extends Omit<MigrationPlan, 'checks' | 'endangered'> {
  /** Taken before the steps. */
  readonly copies: readonly CopyStep[]
  readonly stored: StoredRecord
  readonly kept: Copies | undefined
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
  const takesCopies = destructive === 'backup' && endangered.length > 0
  const kept = takesCopies || stored.record?.copying ? await Copies.read(session, engine.ddl) : undefined
  const copies = takesCopies && kept ? await kept.steps(session, engine.ddl, live, endangered) : []
  return {
    ...plan,
    ahead: copies.length > 0 ? { ...plan.ahead, copying: true } : plan.ahead,
    refusals: [...plan.refusals, ...(await ask(session, checks)), ...policyFaults(refusalOf(options), plan.steps)],
    copies,
    stored,
    kept,
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
  return { ...plan, copies: [], stored, kept: undefined }
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
