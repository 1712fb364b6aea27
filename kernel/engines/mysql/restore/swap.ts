import { M3Error, messageOf } from '../../../errors.js'
import type { SwapHooks } from '../../contract.js'
import type { LoadReport } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { DumpObjects } from '../dump/objects.js'
import { quote, restoreNames } from '../identifiers.js'
import { collationSql } from '../provision.js'
import { letIn, shutOut } from './account.js'
import { definedBy, dropAll, makeAll } from './definitions.js'
import { isTable, type Journal, MARKER, readJournal, writeJournal } from './journal.js'

const TRIGGERS = new Set(['trigger'] as const)

/** The database whose place is taken. */
export interface RestoredDatabase {
  readonly database: string
  /** Of a tenant: shut out meanwhile, and the definer of what is made. Absent for the catalog. */
  readonly user?: string
  readonly collation: string
}

/** See `Staging.swap`. The lock is held by `root`. */
export async function swap(
  root: MysqlConnection,
  live: RestoredDatabase,
  loaded: LoadReport,
  { shutOut: whenShutOut, placed, step }: SwapHooks,
): Promise<void> {
  const { database, user } = live
  const names = restoreNames(database)
  // Before anything is touched: a statement that is none is found out in time.
  for (const definition of loaded.definitions) definedBy(definition, user)
  step?.('journal')
  const journal = await prepare(root, live, loaded)
  try {
    step?.('shut out')
    if (user !== undefined) await shutOut(root, user)
    await whenShutOut?.()
    step?.('triggers')
    await root.execute(`USE ${quote(database)}`)
    await dropAll(root, TRIGGERS)
    step?.('rename')
    await rename(root, [
      ...journal.formerTables.map((table) => [database, names.former, table] as const),
      ...[...journal.newTables, MARKER].map((table) => [names.staging, database, table] as const),
    ])
    step?.('definitions')
    await redefine(root, database, journal, 'forward')
    step?.('look')
    await look(root, database, journal)
    step?.('placed')
    await placed()
  } catch (error) {
    const reason = error instanceof M3Error ? error : failure(database, error)
    step?.('back')
    try {
      await writeJournal(root, names.staging, { ...journal, direction: 'back' })
      await finish(root, live, step)
    } catch (second) {
      // The journal stands: whoever needs the database next takes the restore back.
      throw new M3Error(
        'RESTORE_FAILED',
        `${reason.message}; taking it back goes on when the database is next needed`,
        {
          cause: second,
        },
      )
    }
    throw reason
  }
  step?.('let in')
  await writeJournal(root, names.staging, { ...journal, direction: 'done' })
  await finish(root, live, step)
}

async function prepare(root: MysqlConnection, live: RestoredDatabase, loaded: LoadReport): Promise<Journal> {
  const { database, user, collation } = live
  const names = restoreNames(database)
  await root.execute(`USE ${quote(names.staging)}`)
  const newTables = (await DumpObjects.list(root)).movable
  await root.execute(`USE ${quote(database)}`)
  const objects = await DumpObjects.list(root, true)
  const journal: Journal = {
    direction: 'forward',
    ...(user === undefined ? {} : { user }),
    formerTables: objects.movable,
    newTables,
    formerDefinitions: await objects.definitions(),
    newDefinitions: loaded.definitions,
    newRows: loaded.rows,
  }
  if (objects.warnings.length > 0) throw failure(database, new Error(objects.warnings.join('; ')))
  await root.execute(`CREATE DATABASE ${quote(names.former)} ${collationSql(collation)}`)
  await root.execute(`CREATE TABLE ${quote(names.staging)}.${MARKER} (id INT PRIMARY KEY) ENGINE = InnoDB`)
  await writeJournal(root, names.staging, journal)
  return journal
}

/**
 * Brings a swap to its end, forward or back, as its journal says, from wherever it was left. Every step can be taken again.
 * Afterwards the user is let in, and what is beside may be dropped.
 */
export async function finish(
  root: MysqlConnection,
  live: RestoredDatabase,
  step?: (name: string) => void,
): Promise<string | undefined> {
  const { database } = live
  const names = restoreNames(database)
  const journal = await readJournal(root, names.staging)
  if (!journal) return undefined
  if (journal.direction !== 'done') {
    await settle(root, database, journal, step)
    step?.('done')
    await writeJournal(root, names.staging, { ...journal, direction: 'done' })
  }
  await root.execute(`DROP TABLE IF EXISTS ${quote(database)}.${MARKER}`)
  step?.('unlock')
  if (journal.user !== undefined) await letIn(root, journal.user)
  step?.('clean')
  return `ended a restore of the database ${database} that was under way`
}

/** All of the new database, or all of the former one. */
async function settle(
  root: MysqlConnection,
  database: string,
  journal: Journal,
  step?: (name: string) => void,
): Promise<void> {
  const names = restoreNames(database)
  const isMoved = await isTable(root, database, MARKER)
  const isForward = journal.direction === 'forward' && isMoved
  if (isMoved && !isForward) {
    await root.execute(`USE ${quote(database)}`)
    await dropAll(root, TRIGGERS)
    step?.('rename back')
    await rename(root, [
      ...[...journal.newTables, MARKER].map((table) => [database, names.staging, table] as const),
      ...journal.formerTables.map((table) => [names.former, database, table] as const),
    ])
  }
  step?.('define again')
  await redefine(root, database, journal, isForward ? 'forward' : 'back')
  if (!isForward) return
  try {
    await look(root, database, journal)
  } catch (error) {
    if (error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE') throw error
    const back: Journal = { ...journal, direction: 'back' }
    await writeJournal(root, names.staging, back)
    await settle(root, database, back, step)
  }
}

/** All statements of RENAME TABLE are one: https://dev.mysql.com/doc/refman/8.0/en/rename-table.html */
async function rename(
  root: MysqlConnection,
  moves: readonly (readonly [from: string, to: string, table: string])[],
): Promise<void> {
  await root.execute('SET SESSION foreign_key_checks = 0')
  const parts = moves.map(([from, to, table]) => `${quote(from)}.${quote(table)} TO ${quote(to)}.${quote(table)}`)
  await root.execute(`RENAME TABLE ${parts.join(', ')}`)
}

async function redefine(
  root: MysqlConnection,
  database: string,
  journal: Journal,
  direction: 'forward' | 'back',
): Promise<void> {
  await root.execute(`USE ${quote(database)}`)
  await dropAll(root)
  if (direction === 'forward') {
    await makeAll(root, journal.newDefinitions, (definition) => definedBy(definition, journal.user))
  } else {
    await makeAll(root, journal.formerDefinitions, ({ sql }) => sql)
  }
}

/** What stands in the place must be what was loaded. */
async function look(root: MysqlConnection, database: string, journal: Journal): Promise<void> {
  for (const [table, expected] of Object.entries(journal.newRows)) {
    const [row] = await root.query<{ number: unknown }>(
      `SELECT COUNT(*) AS number FROM ${quote(database)}.${quote(table)}`,
    )
    const number = Number(row?.number)
    if (number !== expected) {
      throw failure(database, new Error(`${table} has ${number} rows where ${expected} were loaded`))
    }
  }
  for (const { name } of journal.newDefinitions.filter(({ kind }) => kind === 'view')) {
    await root.query(`SELECT * FROM ${quote(database)}.${quote(name)} LIMIT 0`)
  }
}

function failure(database: string, cause: unknown): M3Error {
  return new M3Error('RESTORE_FAILED', `The database ${database} is as it was: ${messageOf(cause)}`, { cause })
}
