import type { Database, Engine, Session } from '../../engines/contract.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import { type Fault, M3Error } from '../../errors.js'
import type { DeclaredSchema } from '../declared/declared-schema.js'
import { dropSteps } from '../diff/dropped-tables.js'
import { pendingNames } from '../migrate.js'
import { MigrationLog, namesDone } from '../migration-log.js'
import type { ReconcileOptions } from '../reconcile.js'
import { prunedRecord, pruningRecord } from '../record/pruned-record.js'
import { StoredRecord } from '../record/stored-record.js'
import { generatedName } from '../run-pending.js'
import { runStep } from '../run-step.js'
import { backUpFirst, type TakenBackup } from '../take-backup.js'
import { type Prunable, planPruning } from './prunable.js'

type PruningEngine = Pick<Engine, 'ddl' | 'introspect' | 'changeSchema' | 'isNotProvisioned'>

export interface PrunedTable extends Prunable {
  /** Null for a view. */
  readonly rows: number | null
}

export type PruneOptions = Pick<ReconcileOptions, 'destructive' | 'takeBackup'>

/** What was pruned in one database, or would be; plain data, ready for JSON. */
export interface PruneReport {
  readonly database: string
  /** False: nothing was changed. */
  readonly pruned: boolean
  /** Tables and views. */
  readonly tables: readonly PrunedTable[]
  /** Taken before rows were dropped. */
  readonly backup?: TakenBackup
  /** The tables and views whose modules are not loaded and that are kept all the same, and why. */
  readonly kept: readonly Fault[]
}

/**
 * Drops what nobody needs any more, after a backup where rows go with it, if so configured. Unless confirmed it looks
 * and changes nothing, without the lock. What is declared is asked for once the lock is held, lest a module that comes
 * back at the same time loses its tables. A killed pruning is gone on with by the next one. Throws LOCKED at once,
 * MIGRATION_REFUSED if rows would refer to nothing or there can be no backup, MIGRATION_FAILED, or why the database
 * cannot be reached.
 */
export async function prune(
  database: Database,
  engine: PruningEngine,
  declare: () => Promise<DeclaredSchema>,
  confirmed: boolean,
  { destructive, takeBackup }: PruneOptions,
): Promise<PruneReport> {
  const common = { database: database.name, pruned: confirmed }
  try {
    if (!confirmed) {
      const declared = await declare()
      const { told } = await database.session((session) => look(session, engine, declared))
      return { ...common, ...told }
    }
    return await database.locked(0, async (session) => {
      const declared = await declare()
      const { told, ...found } = await look(session, engine, declared)
      const losesRows = told.tables.some(({ rows }) => (rows ?? 0) > 0)
      const backup = destructive === 'backup' && losesRows ? await backUpFirst(takeBackup) : undefined
      if (told.tables.length > 0) await distrustLog(session, declared)
      await dropTables(session, engine, told.tables, found)
      return { ...common, ...told, ...(backup ? { backup } : {}) }
    })
  } catch (error) {
    if (engine.isNotProvisioned(error)) return { ...common, tables: [], kept: [] }
    if (error instanceof M3Error) throw error
    const message = confirmed
      ? 'Pruning failed half-way; run again, it goes on from where it stopped'
      : 'The database cannot be compared with what is declared'
    throw new M3Error('MIGRATION_FAILED', message, { cause: error })
  }
}

interface Found {
  readonly live: LiveSchema
  readonly stored: StoredRecord
}

interface Looked extends Found {
  readonly told: Pick<PruneReport, 'tables' | 'kept'>
}

async function look(session: Session, engine: PruningEngine, declared: DeclaredSchema): Promise<Looked> {
  const { quote } = engine.ddl
  const live = await engine.introspect(session)
  const stored = await StoredRecord.read(session)
  const pending = pendingNames(declared, namesDone(await MigrationLog.read(session)))
  const { prunable, kept } = stored.record
    ? planPruning({
        declared,
        record: stored.record,
        live,
        pending: pending.filter((name) => name !== generatedName(declared)),
        quote,
      })
    : { prunable: [], kept: [] }
  const counted: PrunedTable[] = []
  for (const each of prunable) {
    counted.push({ ...each, rows: each.kind === 'table' ? await countRows(session, quote(each.name)) : null })
  }
  return { live, stored, told: { tables: counted, kept } }
}

async function countRows(session: Session, table: string): Promise<number> {
  const [counted] = await session.select<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`)
  return Number(counted?.n)
}

/**
 * A database that was migrated last with the modules whose tables go must not count as up to date once they come back.
 * Noted before the first drop: a kill makes it compared once too often, at most.
 */
async function distrustLog(session: Session, declared: DeclaredSchema): Promise<void> {
  const log = await MigrationLog.open(session)
  const known = [generatedName(declared), ...log.written]
  for (const name of log.done.filter((each) => !known.includes(each))) {
    await log.fail(name, 'Tables of its declaration were pruned since')
  }
}

/** Views, then tables, those that refer to others first; a statement each. On SQLite all of it or nothing. */
async function dropTables(
  session: Session,
  engine: PruningEngine,
  going: readonly Prunable[],
  { live, stored }: Found,
): Promise<void> {
  const { record } = stored
  if (!record || (going.length === 0 && !record.pruning)) return
  const names = going.map(({ name }) => name)
  const ofKind = (kind: Prunable['kind']) => going.filter((each) => each.kind === kind).map(({ name }) => name)
  const { unlinks, drops } = dropSteps(engine.ddl, live, ofKind('table'), [])
  const views = ofKind('view').map((table) => ({ kind: 'dropView', table, sql: [engine.ddl.dropView(table)] }) as const)
  const staying = Object.keys(live.views).filter((name) => !names.includes(name))
  await engine.changeSchema(session, staying, async (inner) => {
    await stored.write(inner, pruningRecord(record, names))
    for (const step of [...views, ...unlinks, ...drops]) await runStep(inner, step)
    await stored.write(inner, prunedRecord(pruningRecord(record, names), live, names))
  })
}
