import type { SqlValue } from '../contract/context.js'
import type { MigrationContext } from '../contract/define-migration.js'
import type { Engine, Session } from '../engines/contract.js'
import { type ErrorCode, M3Error, messageOf } from '../errors.js'
import { type MainSeeding, seedMain } from '../seeding/seed-main.js'
import type { SeedReport } from '../seeding/seed-plan.js'
import type { DeclaredSchema } from './declared-schema.js'
import { type MigrationStep, nameIn, planMigration } from './diff.js'
import type { MigrationLog } from './migration-log.js'

type EngineParts = Pick<Engine, 'kind' | 'ddl' | 'introspect'>

/** One migration as Umzug runs it, with what the log keeps of it. */
interface Runnable {
  readonly name: string
  readonly module: string | null
  readonly up: () => Promise<void>
}

export interface Ran {
  readonly written: readonly string[]
  readonly steps: readonly Pick<MigrationStep, 'kind' | 'table'>[]
  readonly seeds: readonly SeedReport[]
}

/** The migration that brings a database to what is declared, named after the declaration. */
export function generatedName(declared: Pick<DeclaredSchema, 'fingerprint'>): string {
  return `generated/${declared.fingerprint}`
}

/** They say themselves what is wrong and what to do. */
const TELLING: readonly ErrorCode[] = [
  'MIGRATION_REFUSED',
  'SEED_REFUSED',
  'MODULE_INVALID',
  'DATABASE_UNAVAILABLE',
  'OVERLOADED',
]

/** Runs through Umzug what is pending: hand-written migrations in order, then the one generated from the difference. */
export async function runPending(
  session: Session,
  engine: EngineParts,
  declared: DeclaredSchema,
  log: MigrationLog,
  how: MainSeeding,
): Promise<Ran> {
  const written: string[] = []
  const steps: MigrationStep[] = []
  const seeds: SeedReport[] = []
  const runnables: Runnable[] = [
    ...declared.migrations.map(({ name, module, up }) => ({
      name,
      module,
      up: () => up(migrationContext(session, engine)),
    })),
    {
      name: generatedName(declared),
      module: null,
      up: async () => {
        steps.push(...(await session.transaction(() => reconcile(session, engine, declared))))
        seeds.push(...(await seedMain(session, engine, declared, how)))
      },
    },
  ]
  // Loaded only now: most of the time there is nothing to run.
  const { MigrationError, Umzug } = await import('umzug')
  const umzug = new Umzug({
    migrations: runnables.map(({ name, up }) => ({ name, up })),
    context: session,
    storage: log,
    logger: undefined,
  })
  for (;;) {
    const [next] = await umzug.pending()
    const runnable = runnables.find(({ name }) => name === next?.name)
    if (!runnable) return { written, steps: steps.map(({ kind, table }) => ({ kind, table })), seeds }
    const { name, module } = runnable
    const up = () => umzug.up({ migrations: [name] })
    await log.start(name, module === null ? 'generated' : 'written', module)
    try {
      if (module === null) await up()
      else {
        // With its own record, so that on SQLite, and without DDL on MySQL, it runs once or not at all.
        await session.transaction(up)
        written.push(name)
      }
    } catch (thrown) {
      throw await recorded(log, name, thrown instanceof MigrationError ? thrown.cause : thrown)
    }
  }
}

/** The difference between what the database holds and what is declared, worked off. On SQLite all of it or nothing. */
async function reconcile(
  session: Session,
  engine: EngineParts,
  declared: DeclaredSchema,
): Promise<readonly MigrationStep[]> {
  const { steps, refusals } = planMigration(declared, await engine.introspect(session), engine)
  if (refusals.length > 0) {
    const message = 'The database cannot be brought to what is declared; nothing was changed'
    throw new M3Error('MIGRATION_REFUSED', message, { faults: refusals })
  }
  for (const { kind, table, sql } of steps) {
    for (const statement of sql) {
      try {
        await session.execute(statement)
      } catch (error) {
        if (error instanceof M3Error) throw error
        throw new Error(`${kind} ${table}: ${messageOf(error)}\n${statement}`, { cause: error })
      }
    }
  }
  return steps
}

/** Notes the failure and gives the error to throw. What the log keeps may hold SQL, what the caller sees does not. */
async function recorded(log: MigrationLog, name: string, error: unknown): Promise<unknown> {
  try {
    await log.fail(name, reasonOf(error))
  } catch {
    // The connection is lost. Its record says "started", which counts as not done just so.
  }
  if (error instanceof M3Error && TELLING.includes(error.code)) return error
  return new M3Error('MIGRATION_FAILED', `The migration ${name} failed`, { cause: error })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof M3Error)) return messageOf(error)
  const cause = error.cause === undefined ? [] : [messageOf(error.cause)]
  return [error.message, ...error.faults.map(({ path, message }) => `${path}: ${message}`), ...cause].join('\n')
}

function migrationContext(session: Session, engine: EngineParts): MigrationContext {
  return {
    engine: engine.kind,
    execute: (sql: string) => session.execute(sql),
    select: <R>(sql: string, parameters?: readonly unknown[]) =>
      session.select<R>(sql, parameters as SqlValue[] | undefined),
    run: (sql: string, parameters?: readonly unknown[]) => session.run(sql, parameters as SqlValue[] | undefined),
    hasTable: async (name: string) => {
      const live = await engine.introspect(session)
      return Object.keys(live.tables).some((table) => nameIn(live, table) === nameIn(live, name))
    },
  }
}
