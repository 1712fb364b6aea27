import { M3Error } from '../../../errors.js'
import type { MysqlConnection } from '../connection.js'
import { quote, restoreNames } from '../identifiers.js'
import { endSessions, letIn, lockOut } from './account.js'
import { dropAll, makeMissing } from './definitions.js'
import { forgetJournal, type Journal, readJournal, tablesOf, writeJournal } from './journal.js'
import { look, placeDefinitions, renameTables } from './steps.js'

/** Told the name of each step before it is taken. */
export type Step = ((name: string) => void) | undefined

/**
 * Brings a swap to its end, forward or back, as its journal says, from wherever it was left. Every step can be taken again.
 * Afterwards the user is let in, and what is beside may be dropped.
 */
export async function finish(
  root: MysqlConnection,
  { database }: { readonly database: string },
  step?: Step,
): Promise<string | undefined> {
  const names = restoreNames(database)
  const journal = await readJournal(root, names.journal)
  if (!journal) return undefined
  if (journal.direction !== 'done') {
    await settle(root, database, journal, step)
    step?.('done')
    await writeJournal(root, names.journal, { ...journal, direction: 'done' })
  }
  await root.execute(`DROP TABLE IF EXISTS ${quote(database)}.${journal.marker}`)
  step?.('unlock')
  if (journal.user !== undefined && !journal.staysLocked) await letIn(root, journal.user)
  await forgetJournal(root, names.journal)
  step?.('clean')
  return `ended a restore of the database ${database} that was under way`
}

/** All of the new database, or all of the former one. */
async function settle(root: MysqlConnection, database: string, journal: Journal, step: Step): Promise<void> {
  if (journal.direction !== 'back' && (await tablesOf(root, database)).has(journal.marker)) {
    try {
      await goForward(root, database, journal, step)
      return
    } catch (error) {
      // Of a server that is away nothing can be said; it is asked again.
      if (error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE') throw error
      await writeJournal(root, restoreNames(database).journal, { ...journal, direction: 'back' })
    }
  }
  await goBack(root, database, journal, step)
}

async function goForward(root: MysqlConnection, database: string, journal: Journal, step: Step): Promise<void> {
  step?.('define on')
  await placeDefinitions(root, database, journal)
  if (journal.direction !== 'kept') {
    step?.('look on')
    await look(root, database, journal)
    await writeJournal(root, restoreNames(database).journal, { ...journal, direction: 'kept' })
  }
  step?.('events on')
  await placeDefinitions(root, database, journal, ['event'])
}

/** By where each table is: that is told even of a server which died and did half of the moves. */
async function goBack(root: MysqlConnection, database: string, journal: Journal, step: Step): Promise<void> {
  const names = restoreNames(database)
  const [live, staging, former] = [
    await tablesOf(root, database),
    await tablesOf(root, names.staging),
    await tablesOf(root, names.former),
  ]
  const news = [...journal.newTables, journal.marker].filter((table) => !staging.has(table) && live.has(table))
  const olds = journal.formerTables.filter((table) => former.has(table))
  if (news.length + olds.length > 0) {
    if (journal.user !== undefined) {
      await lockOut(root, journal.user)
      await endSessions(root, journal.user)
    }
    await root.execute(`USE ${quote(database)}`)
    await dropAll(root)
    step?.('rename back')
    await renameTables(root, [
      ...news.map((table) => [database, names.staging, table] as const),
      ...olds.map((table) => [names.former, database, table] as const),
    ])
  }
  step?.('define again')
  await root.execute(`USE ${quote(database)}`)
  await makeMissing(root, journal.formerDefinitions)
}
