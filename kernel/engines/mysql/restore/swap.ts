import { randomBytes } from 'node:crypto'
import { M3Error, messageOf } from '../../../errors.js'
import type { SwapHooks } from '../../contract.js'
import type { LoadReport } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { DumpObjects } from '../dump/objects.js'
import { quote, restoreNames } from '../identifiers.js'
import { collationSql } from '../provision.js'
import { endSessions, isLocked, lockOut } from './account.js'
import { definedBy, dropAll } from './definitions.js'
import { finish, type Step } from './finish.js'
import { type Journal, writeJournal } from './journal.js'
import { failure, look, lookAtRows, placeDefinitions, renameTables } from './steps.js'

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
    if (user !== undefined) await lockOut(root, user)
    await root.execute(`USE ${quote(database)}`)
    // They would go on, on tables that are not theirs.
    await dropAll(root, ['event'])
    if (user !== undefined) await endSessions(root, user)
    await whenShutOut?.()
    step?.('triggers')
    // RENAME TABLE refuses tables that have some.
    await dropAll(root, ['trigger'])
    step?.('rename')
    await renameTables(root, [
      ...journal.formerTables.map((table) => [database, names.former, table] as const),
      ...[...journal.newTables, journal.marker].map((table) => [names.staging, database, table] as const),
    ])
    step?.('definitions')
    await placeDefinitions(root, database, journal)
    step?.('look')
    await look(root, database, journal)
    await writeJournal(root, names.journal, { ...journal, direction: 'kept' })
    step?.('events')
    await placeDefinitions(root, database, journal, ['event'])
    step?.('placed')
    await placed()
  } catch (error) {
    step?.('back')
    await goBack(root, live, journal, error, step)
    throw error instanceof M3Error ? error : failure(database, error)
  }
  // It stands in its place, and its journal says so. If the connection breaks now, whoever comes next lets the user in.
  await letGo(root, live, journal, step).catch(() => undefined)
}

async function letGo(root: MysqlConnection, live: RestoredDatabase, journal: Journal, step: Step): Promise<void> {
  step?.('let in')
  await writeJournal(root, restoreNames(live.database).journal, { ...journal, direction: 'done' })
  await finish(root, live, step)
}

async function goBack(
  root: MysqlConnection,
  live: RestoredDatabase,
  journal: Journal,
  reason: unknown,
  step: Step,
): Promise<void> {
  try {
    await writeJournal(root, restoreNames(live.database).journal, { ...journal, direction: 'back' })
    await finish(root, live, step)
  } catch (cause) {
    // The journal stands, as far as it was written.
    const message = `The restore of the database ${live.database} broke off (${messageOf(reason)}): it is ended, or taken back, when the database is next needed`
    throw new M3Error('RESTORE_FAILED', message, { cause })
  }
}

async function prepare(root: MysqlConnection, live: RestoredDatabase, loaded: LoadReport): Promise<Journal> {
  const { database, user, collation } = live
  const names = restoreNames(database)
  // Whoever uses a catalog is not shut out: once it is in its place, its rows are counted in vain.
  if (user === undefined) await lookAtRows(root, names.staging, loaded.rows, database)
  await root.execute(`USE ${quote(names.staging)}`)
  const newTables = (await DumpObjects.list(root)).movable
  await root.execute(`USE ${quote(database)}`)
  const objects = await DumpObjects.list(root, true)
  const journal: Journal = {
    direction: 'forward',
    marker: `m3saas_restored_${randomBytes(8).toString('hex')}`,
    ...(user === undefined ? {} : { user }),
    staysLocked: user !== undefined && (await isLocked(root, user)),
    formerTables: objects.movable,
    newTables,
    formerDefinitions: await objects.definitions(),
    newDefinitions: loaded.definitions,
    newRows: loaded.rows,
  }
  if (journal.formerDefinitions.length < (await objects.definedNames()).length) {
    throw failure(database, new Error(objects.warnings.join('; ')))
  }
  await root.execute(`CREATE DATABASE ${quote(names.former)} ${collationSql(collation)}`)
  await writeJournal(root, names.journal, journal)
  // In this order: a statement of DDL is on disk when it is done, and all that was before it, however lazily a server writes.
  await root.execute(`CREATE TABLE ${quote(names.staging)}.${journal.marker} (id INT PRIMARY KEY) ENGINE = InnoDB`)
  return journal
}
