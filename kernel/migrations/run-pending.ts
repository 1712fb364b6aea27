import type { SqlValue } from '../contract/context.js'
import type { MigrationContext } from '../contract/define-migration.js'
import type { Engine, Session } from '../engines/contract.js'
import { type ErrorCode, M3Error, messageOf } from '../errors.js'
import { seedMain } from '../seeding/seed-main.js'
import type { SeedReport } from '../seeding/seed-plan.js'
import type { MainSeeding } from '../seeding/write-main.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import { find } from './diff/names.js'
import type { MigrationStep } from './diff/step.js'
import type { MigrationLog } from './migration-log.js'
import { type ReconcileOptions, reconcile } from './reconcile.js'
import type { TakenBackup } from './take-backup.js'

type EngineParts = Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch' | 'changeSchema'>

/** One migration as Umzug runs it, with what the log keeps of it. */
interface Runnable {
  readonly name: string
  readonly module: string | null
  readonly up: () => Promise<void>
}

export type DoneStep = Omit<MigrationStep, 'sql'>

export interface Ran {
  readonly written: readonly string[]
  readonly steps: readonly DoneStep[]
  readonly backup?: TakenBackup
  readonly seeds: readonly SeedReport[]
}

const GENERATED = 'generated/'

/** The migration that brings a database to what is declared, named after the declaration. */
export function generatedName(declared: Pick<DeclaredSchema, 'fingerprint'>): string {
  return `${GENERATED}${declared.fingerprint}`
}

/** They say themselves what is wrong and what to do. */
const TELLING: readonly ErrorCode[] = [
  'MIGRATION_REFUSED',
  'SEED_REFUSED',
  'MODULE_INVALID',
  'LOCKED',
  'DATABASE_UNAVAILABLE',
  'OVERLOADED',
  'SHUTTING_DOWN',
]

/** Runs through Umzug what is pending: hand-written migrations in order, then the one generated from the difference. */
export async function runPending(
  session: Session,
  engine: EngineParts,
  declared: DeclaredSchema,
  log: MigrationLog,
  how: MainSeeding & ReconcileOptions,
): Promise<Ran> {
  const written: string[] = []
  const steps: MigrationStep[] = []
  let backup: TakenBackup | undefined
  const seeds: SeedReport[] = []
  const name = generatedName(declared)
  const goesBack = log.goesBackTo(name)
  let settled: string | undefined
  const runnables: Runnable[] = [
    ...declared.migrations.map(({ name, module, up }) => ({
      name,
      module,
      up: () => up(migrationContext(session, engine)),
    })),
    {
      name,
      module: null,
      up: async () => {
        const reconciled = await reconcile(session, engine, declared, settled, { ...how, goesBack })
        steps.push(...reconciled.steps)
        backup = reconciled.backup
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
    if (!runnable) return { written, steps: steps.map(toDone), ...(backup ? { backup } : {}), seeds }
    const { name, module } = runnable
    const up = () => umzug.up({ migrations: [name] })
    settled = log.settled?.slice(GENERATED.length)
    await log.start(name, module === null ? 'generated' : 'written', module)
    try {
      if (module === null) await up()
      else {
        // With its own record, so that on SQLite, and without DDL on MySQL, it runs once or not at all.
        await session.transaction(up)
        written.push(name)
      }
    } catch (thrown) {
      const cause = thrown instanceof MigrationError ? thrown.cause : thrown
      throw withRan(written, await recorded(log, name, cause))
    }
  }
}

/** A refusal says that nothing was changed: hand-written migrations that ran before it are done all the same. */
function withRan(written: readonly string[], error: unknown): unknown {
  if (!(error instanceof M3Error) || written.length === 0) return error
  const { code, message, faults, retryAfter } = error
  const more = retryAfter === undefined ? { faults, cause: error } : { faults, retryAfter, cause: error }
  return new M3Error(code, `${message}. Before that ${written.join(', ')} ran and stays done`, more)
}

function toDone({ kind, table, destructive, changes }: MigrationStep): DoneStep {
  return { kind, table, destructive, changes }
}

/** Notes the failure and gives the error to throw. What the log keeps may hold SQL, what the caller sees does not. */
export async function recorded(
  log: MigrationLog,
  name: string,
  error: unknown,
  what = `The migration ${name} failed`,
): Promise<unknown> {
  try {
    await log.fail(name, reasonOf(error))
  } catch {
    // The connection is lost. Its record says "started", which counts as not done just so.
  }
  if (error instanceof M3Error && TELLING.includes(error.code)) return error
  const message = `${what}; the table m3saas_migrations of the database has the reason`
  return new M3Error('MIGRATION_FAILED', message, { cause: error })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof M3Error)) return messageOf(error)
  const cause = error.cause === undefined ? [] : [messageOf(error.cause)]
  return [error.message, ...error.faults.map(({ path, message }) => `${path}: ${message}`), ...cause].join('\n')
}

export function migrationContext(session: Session, engine: Pick<Engine, 'kind' | 'introspect'>): MigrationContext {
  return {
    engine: engine.kind,
    execute: (sql: string) => session.execute(sql),
    select: <R>(sql: string, parameters?: readonly unknown[]) =>
      session.select<R>(sql, parameters as SqlValue[] | undefined),
    run: (sql: string, parameters?: readonly unknown[]) => session.run(sql, parameters as SqlValue[] | undefined),
    hasTable: async (name: string) => {
      const live = await engine.introspect(session)
      return find(live, live.tables, name) !== undefined
    },
  }
}
