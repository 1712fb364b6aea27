import type { Database, Engine, Session } from '../engines/contract.js'
import { type Fault, M3Error } from '../errors.js'
import type { DeclaredSchema, WrittenMigration } from './declared/declared-schema.js'
import { MigrationLog } from './migration-log.js'
import { migrationContext, recorded } from './run-pending.js'

/** The migration down to which is reverted, it included: `notes@v1/split-title`. 0: all of them. As Umzug has it. */
export type RevertTarget = string | 0

/** What was reverted in one database; plain data, ready for JSON. */
export interface RevertReport {
  readonly database: string
  /** The hand-written migrations in the order in which they were reverted, the newest first. */
  readonly reverted: readonly string[]
  readonly ms: number
}

/**
 * Reverts hand-written migrations by their `down`, under the database's lock. What cannot be reverted is found before
 * anything runs. Afterwards they are pending again, and the database is compared with what is declared again, too.
 * Throws MIGRATION_REFUSED with the reasons, MIGRATION_FAILED naming the migration, LOCKED.
 */
export async function revertMigrations(
  database: Database,
  engine: Pick<Engine, 'kind' | 'ddl' | 'introspect'>,
  declared: Pick<DeclaredSchema, 'migrations'>,
  to: RevertTarget,
  options: { readonly waitSeconds: number },
): Promise<RevertReport> {
  const began = performance.now()
  const reverted = await database.locked(options.waitSeconds, async (session) => {
    const log = await MigrationLog.open(session)
    const { names, faults } = planReverting(log.written, declared.migrations, to)
    if (faults.length > 0) {
      throw new M3Error('MIGRATION_REFUSED', 'The migrations cannot be reverted; nothing was changed', { faults })
    }
    await runDown(session, engine, declared.migrations, log, names)
    return names
  })
  return { database: database.name, reverted, ms: Math.round(performance.now() - began) }
}

/** Which migrations to revert, in order, and why that cannot be done. `done` in the order in which they ran. Pure. */
export function planReverting(
  done: readonly string[],
  known: readonly WrittenMigration[],
  to: RevertTarget,
): { readonly names: string[]; readonly faults: Fault[] } {
  const newestFirst = done.toReversed()
  const last = to === 0 ? newestFirst.length - 1 : newestFirst.indexOf(to)
  if (to !== 0 && last < 0) {
    const list = newestFirst.length === 0 ? 'none is' : `done are, the newest first: ${newestFirst.join(', ')}`
    return { names: [], faults: [{ path: to, message: `is no migration that is done; ${list}` }] }
  }
  const names = newestFirst.slice(0, last + 1)
  const faults = names.flatMap((name) => {
    const message = hindrance(name, known)
    return message === undefined ? [] : [{ path: name, message }]
  })
  return { names, faults }
}

function hindrance(name: string, known: readonly WrittenMigration[]): string | undefined {
  const migration = known.find((each) => each.name === name)
  if (migration) return migration.down ? undefined : 'has no down: what it did cannot be reverted'
  const module = name.slice(0, name.indexOf('/'))
  return known.some((each) => each.module === module)
    ? `is no longer a migration of ${module}: nothing says how it is reverted`
    : `is a migration of ${module}, which is not loaded or has no migrations any more: nothing says how it is reverted`
}

async function runDown(
  session: Session,
  engine: Pick<Engine, 'kind' | 'ddl' | 'introspect'>,
  known: readonly WrittenMigration[],
  log: MigrationLog,
  names: readonly string[],
): Promise<void> {
  const context = migrationContext(session, engine)
  const { MigrationError, Umzug } = await import('umzug')
  const umzug = new Umzug({
    migrations: known.map(({ name, up, down }) => ({
      name,
      up: () => up(context),
      down: async () => down?.(context),
    })),
    context: session,
    storage: log,
    logger: undefined,
  })
  for (const name of names) {
    const { module } = known.find((each) => each.name === name) ?? { module: null }
    await log.start(name, 'reverting', module)
    try {
      // With its own record, so that on SQLite, and without DDL on MySQL, it is reverted or it is not.
      await session.transaction(() => umzug.down({ migrations: [name] }))
    } catch (thrown) {
      const error = thrown instanceof MigrationError ? thrown.cause : thrown
      throw await recorded(log, name, error, `Reverting the migration ${name} failed`)
    }
  }
}
