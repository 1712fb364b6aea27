import assert from 'node:assert/strict'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import type { DeclaredSchema } from '../../kernel/migrations/declared/declared-schema.js'
import { type MigrateOptions, type MigrationReport, migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import { OPTIONS } from '../support/schemas.js'

/**
 * Migrates, and finds nothing left to do and nothing unexpected: neither by the record, nor in another comparison that is
 * made although the record says that none is needed.
 */
export async function settled(
  database: Database,
  engine: Engine,
  declared: DeclaredSchema,
  options: MigrateOptions = OPTIONS,
): Promise<MigrationReport> {
  const report = await migrate(database, engine, declared, options)
  const nothing = {
    database: database.name,
    upToDate: true,
    written: [],
    backsUp: false,
    steps: [],
    refusals: [],
    drift: [],
  }
  assert.deepEqual(await reportPlan(database, engine, declared, options), nothing)
  await database.run("DELETE FROM m3saas_migrations WHERE kind = 'generated'")
  const again = await migrate(database, engine, declared, options)
  assert.deepEqual([again.upToDate, again.steps, again.backup], [false, [], undefined])
  assert.deepEqual(await reportPlan(database, engine, declared, options), nothing)
  return report
}

/** `createTable users`, … in order. */
export function kindsOf({ steps }: { readonly steps: MigrationReport['steps'] }): string[] {
  return steps.map(({ kind, table }) => `${kind} ${table}`)
}
