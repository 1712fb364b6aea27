import type { Database, Engine, Session } from '../engines/contract.js'
import { refuseFaultySeeds } from '../seeding/seed-faults.js'
import { seedMain } from '../seeding/seed-main.js'
import type { SeedReport } from '../seeding/seed-plan.js'
import type { MainSeeding } from '../seeding/write-main.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import { MigrationLog, namesDone } from './migration-log.js'
import type { ReconcileOptions } from './reconcile.js'
import { type DoneStep, generatedName, runPending } from './run-pending.js'
import type { TakenBackup } from './take-backup.js'

export type MigratingEngine = Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch' | 'changeSchema'>

export interface MigrateOptions extends ReconcileOptions {
  /** How long to wait for another migration of the database before LOCKED is thrown. */
  readonly waitSeconds: number
  /** Sets all main seeds back to what is declared, at every call (`alwaysForceMainSeeds`). */
  readonly forceMainSeeds: boolean
  /** Looks at the main seeds even if the database is up to date, which costs a query a row. */
  readonly checkSeeds?: boolean
}

/** What was done to one database; plain data, ready for JSON. */
export interface MigrationReport {
  readonly database: string
  /** There was no migration to run. */
  readonly upToDate: boolean
  /** The hand-written migrations that ran. */
  readonly written: readonly string[]
  readonly steps: readonly DoneStep[]
  /** Taken before something could be lost. */
  readonly backup?: TakenBackup
  readonly seeds: readonly SeedReport[]
  readonly ms: number
}

/** What happened while the lock was held. */
export type Migrated = Pick<MigrationReport, 'upToDate' | 'written' | 'steps' | 'backup' | 'seeds'>

const NOTHING: Migrated = { upToDate: true, written: [], steps: [], seeds: [] }

/**
 * Brings a database to what is declared: pending hand-written migrations, tables and views, main seeds. One query if it
 * is there already. Two at once: the second waits and finds nothing left to do. After a failure, or a kill, the next
 * call takes up what is missing. Throws MIGRATION_REFUSED or SEED_REFUSED with the reasons, MIGRATION_FAILED naming the
 * migration, LOCKED, or why the database cannot be reached.
 */
export async function migrate(
  database: Database,
  engine: MigratingEngine,
  declared: DeclaredSchema,
  options: MigrateOptions,
): Promise<MigrationReport> {
  const began = performance.now()
  const looksAtSeeds = declared.seeds.length > 0 && (options.forceMainSeeds || options.checkSeeds === true)
  const isPending = await prepareMigration(database, engine, declared, options)
  if (looksAtSeeds || isPending) return migrateInTurn(database, engine, declared, options, began)
  return { database: database.name, ...NOTHING, ms: Math.round(performance.now() - began) }
}

/** As `migrate`, where it is known that there is something to do: the declaration has been tried out. */
export async function migrateInTurn(
  database: Database,
  engine: MigratingEngine,
  declared: DeclaredSchema,
  options: MigrateOptions,
  began = performance.now(),
): Promise<MigrationReport> {
  const done = await database.locked(options.waitSeconds, (session) =>
    migrateLocked(session, engine, declared, { ...options, force: false }),
  )
  return { database: database.name, ...done, ms: Math.round(performance.now() - began) }
}

/** To be waited for before the lock is taken; says whether there is anything to run. One query if there is not. */
export async function prepareMigration(
  database: Pick<Database, 'select'>,
  engine: MigratingEngine,
  declared: DeclaredSchema,
  { schemas }: Pick<MigrateOptions, 'schemas'>,
): Promise<boolean> {
  const isPending = (await pendingMigrations(database, declared)).length > 0
  if (isPending) await schemas.warm(engine, declared)
  return isPending
}

/** The names of the migrations that a database needs, in order; none if it is up to date. One query, no lock. */
export async function pendingMigrations(
  database: Pick<Database, 'select'>,
  declared: DeclaredSchema,
): Promise<string[]> {
  return pendingNames(declared, namesDone(await MigrationLog.read(database)))
}

/** As `migrate`, by the one session that holds the lock. */
export async function migrateLocked(
  session: Session,
  engine: MigratingEngine,
  declared: DeclaredSchema,
  how: MainSeeding & ReconcileOptions & { readonly checkSeeds?: boolean },
): Promise<Migrated> {
  refuseFaultySeeds(declared.seeds, 'main')
  const log = await MigrationLog.open(session)
  const isPending = pendingNames(declared, log.done).length > 0
  // What was changed by hand since is mended only if that is asked for: looking at a database takes a while.
  if (how.force && !isPending) log.distrust()
  if (isPending || how.force) {
    const ran = await runPending(session, engine, declared, log, how)
    return { upToDate: !isPending && ran.steps.length === 0, ...ran }
  }
  const looksAtSeeds = how.forceMainSeeds || how.checkSeeds
  return { ...NOTHING, seeds: looksAtSeeds ? await seedMain(session, engine, declared, how) : [] }
}

/** Of what is declared, what is not among the migrations that count as done; in order. */
export function pendingNames(declared: DeclaredSchema, done: readonly string[]): string[] {
  const known = new Set(done)
  return [...declared.migrations.map(({ name }) => name), generatedName(declared)].filter((name) => !known.has(name))
}
