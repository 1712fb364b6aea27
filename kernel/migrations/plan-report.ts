import type { Database, Engine } from '../engines/contract.js'
import type { Fault } from '../errors.js'
import type { DeclaredSchema } from './declared-schema.js'
import { planMigration } from './diff.js'
import { type MigrateOptions, pendingMigrations } from './migrate.js'

export interface PlannedStep {
  readonly kind: string
  readonly table: string
  readonly sql: readonly string[]
  readonly destructive: boolean
  readonly changes: readonly string[]
}

export interface PlanReport {
  readonly database: string
  readonly upToDate: boolean
  /** Pending hand-written migrations. */
  readonly written: readonly string[]
  readonly steps: readonly PlannedStep[]
  readonly refusals: readonly Fault[]
  readonly drift: readonly Fault[]
}

/** What a migration of one database would do; it changes nothing. */
export async function reportPlan(
  database: Database,
  engine: Engine,
  declared: DeclaredSchema,
  _options: MigrateOptions,
): Promise<PlanReport> {
  try {
    const pending = await pendingMigrations(database, declared)
    const live = await database.session((session) => engine.introspect(session))
    const { steps, refusals } = planMigration(declared, live, engine)
    return {
      database: database.name,
      upToDate: pending.length === 0,
      written: pending.filter((name) => !name.startsWith('generated/')),
      steps: steps.map((step) => ({ ...step, destructive: false, changes: [] })),
      refusals,
      drift: [],
    }
  } catch (error) {
    if (!engine.isNotProvisioned(error)) throw error
    const empty = { foldsNames: true, qualifier: '', tables: {}, views: {} }
    const { steps, refusals } = planMigration(declared, empty, engine)
    return {
      database: database.name,
      upToDate: false,
      written: declared.migrations.map(({ name }) => name),
      steps: steps.map((step) => ({ ...step, destructive: false, changes: [] })),
      refusals,
      drift: [],
    }
  }
}
