import type { Database } from '../engines/contract.js'
import { refuseFaultySeeds } from '../seeding/seed-faults.js'
import type { SeedReport } from '../seeding/seed-plan.js'
import { deseed, seedTemporary } from '../seeding/seed-temporary.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import {
  type MigrateOptions,
  type MigratingEngine,
  type MigrationReport,
  migrate,
  migrateLocked,
  prepareMigration,
} from './migrate.js'

/** What the ops routes and commands ask for: `/migrate`, `/migrate/force`, `/migrate/seed`, `/migrate/deseed`. */
export type MigrationMode = 'migrate' | 'force' | 'seed' | 'deseed'

export interface ModeReport extends MigrationReport {
  readonly mode: MigrationMode
}

/**
 * One mode on one database, under its lock. Each first brings the database to what is declared: `migrate` with a look at
 * the main seeds, `force` with all of them as if inserted anew, `seed` and `deseed` before the temporary ones come or go.
 * Throws as `migrate` does.
 */
export async function runMode(
  database: Database,
  engine: MigratingEngine,
  declared: DeclaredSchema,
  mode: MigrationMode,
  options: MigrateOptions,
): Promise<ModeReport> {
  if (mode === 'migrate') {
    return { mode, ...(await migrate(database, engine, declared, { checkSeeds: true, ...options })) }
  }
  const began = performance.now()
  if (mode === 'seed') refuseFaultySeeds(declared.seeds, 'temporary')
  const isPending = await prepareMigration(database, engine, declared, options)
  // It compares in any case.
  if (mode === 'force' && !isPending) await options.schemas.warm(engine, declared)
  const done = await database.locked(options.waitSeconds, async (session) => {
    const how = { ...options, force: mode === 'force' }
    const migrated = await migrateLocked(session, engine, declared, how)
    const more: SeedReport[] =
      mode === 'seed'
        ? await seedTemporary(session, engine.ddl, declared)
        : mode === 'deseed'
          ? await deseed(session, engine, declared)
          : []
    return { ...migrated, seeds: [...migrated.seeds, ...more] }
  })
  return { mode, database: database.name, ...done, ms: Math.round(performance.now() - began) }
}
