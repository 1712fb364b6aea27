import type { DestructivePolicy } from '../config/config.js'
import type { Engine, Session } from '../engines/contract.js'
import type { Fault } from '../errors.js'
import { ask } from './checks/ask.js'
import { Copies, type CopyStep } from './copies.js'
import type { DeclaredSchema } from './declared-schema.js'
import { type MigrationPlan, planMigration } from './diff/plan.js'
import type { MigrationStep } from './diff/step.js'
import { outlineOf, type SchemaOutline } from './record/outline.js'
import { StoredRecord } from './record/stored-record.js'
import type { SchemaCache } from './wanted-schema.js'

export type PlanningEngine = Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>

export interface PlanningOptions {
  readonly destructive: DestructivePolicy
  readonly schemas: SchemaCache
}

/** A plan with what the database's rows say to it. */
export interface PreparedPlan extends Omit<MigrationPlan, 'checks' | 'endangered'> {
  /** Taken before the steps. */
  readonly copies: readonly CopyStep[]
  readonly stored: StoredRecord
  readonly kept: Copies | undefined
  /** What the database holds now. */
  readonly live: SchemaOutline
}

/** Looks at the database and changes nothing: what would bring it to what is declared, and all that stands against it. */
export async function preparePlan(
  session: Session,
  engine: PlanningEngine,
  declared: DeclaredSchema,
  { destructive, schemas }: PlanningOptions,
): Promise<PreparedPlan> {
  const live = await engine.introspect(session)
  const wanted = await schemas.wanted(engine, declared)
  const stored = await StoredRecord.read(session)
  const { checks, endangered, ...plan } = planMigration({ declared, wanted, live, record: stored.record, engine })
  const takesCopies = destructive === 'backup' && endangered.length > 0
  const kept = takesCopies || stored.record?.copying ? await Copies.read(session, engine.ddl) : undefined
  const copies = takesCopies && kept ? await kept.steps(session, engine.ddl, live, endangered) : []
  return {
    ...plan,
    ahead: copies.length > 0 ? { ...plan.ahead, copying: true } : plan.ahead,
    refusals: [...plan.refusals, ...(await ask(session, checks)), ...policyFaults(destructive, plan.steps)],
    copies,
    stored,
    kept,
    live: outlineOf(live),
  }
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

function policyFaults(policy: DestructivePolicy, steps: readonly MigrationStep[]): Fault[] {
  if (policy !== 'refuse') return []
  return steps.flatMap(({ destructive, table, changes }) => {
    const message = `${changes.join(', ')}: values can be lost, and migrations.destructive is "refuse"`
    return destructive ? [{ path: table, message }] : []
  })
}
