import { type Fault, M3Error } from '../../errors.js'
import type { Session } from '../contract.js'
import { quoteText } from './ddl-columns.js'

const NAMED_ROWS = 5

/** A table and one that its rows refer to, with the number of rows that refer to none that is there. */
interface Count {
  readonly table: string
  readonly parent: string
  readonly n: number
}

/**
 * Rows that refer to nothing. Those that were there before a change of the schema are not its affair: other tools write
 * without looking. (Nothing is said of foreign keys that fit no key: SQLite tells so whenever they are used.)
 */
export class Orphans {
  #before: readonly Count[]

  private constructor(before: readonly Count[]) {
    this.#before = before
  }

  static async find(session: Session): Promise<Orphans> {
    return new Orphans(await countOrphans(session))
  }

  renamed(from: string, to: string): void {
    const name = (each: string) => (each === from.toLowerCase() ? to.toLowerCase() : each)
    this.#before = this.#before.map(({ table, parent, n }) => ({ table: name(table), parent: name(parent), n }))
  }

  /** Throws MIGRATION_REFUSED if there are more than before. */
  async refuseMore(session: Session): Promise<void> {
    const faults: Fault[] = []
    for (const { table, parent, n } of await countOrphans(session)) {
      const before = this.#before.find((count) => count.table === table && count.parent === parent)
      if (n > (before?.n ?? 0)) faults.push(await faultOf(session, table, parent))
    }
    if (faults.length === 0) return
    const message = 'Rows would refer to nothing after the migration; nothing was changed. Correct or delete them first'
    throw new M3Error('MIGRATION_REFUSED', message, { faults })
  }
}

async function countOrphans(session: Session): Promise<Count[]> {
  const tables = await session.select<{ name: string }>(
    `SELECT DISTINCT m.name AS name FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) WHERE m.type = 'table'`,
  )
  const counts: Count[] = []
  for (const { name } of tables) {
    try {
      const found = await session.select<{ parent: string; n: number }>(
        `SELECT lower(parent) AS parent, count(*) AS n FROM ${checkOf(name)} GROUP BY lower(parent)`,
      )
      counts.push(...found.map(({ parent, n }) => ({ table: name.toLowerCase(), parent, n })))
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('foreign key mismatch'))) throw error
    }
  }
  return counts
}

/** A statement for each table: one with a parameter that failed once fails for all tables from then on. */
function checkOf(table: string): string {
  return `pragma_foreign_key_check(${quoteText(table)})`
}

async function faultOf(session: Session, table: string, parent: string): Promise<Fault> {
  const orphans = await session.select<{ path: string; row: number | string | null; parent: string }>(
    `SELECT "table" AS path, rowid AS row, parent FROM ${checkOf(table)} WHERE lower(parent) = ?
     LIMIT ${NAMED_ROWS + 1}`,
    [parent],
  )
  const rows = orphans.slice(0, NAMED_ROWS).flatMap(({ row }) => row ?? [])
  const named = rows.length > 0 ? `, by rowid: ${rows.join(', ')}` : ''
  const more = orphans.length > NAMED_ROWS ? ', …' : ''
  const [first] = orphans
  const message = `has rows that refer to rows of ${first?.parent ?? parent} that are not there${named}${more}`
  return { path: first?.path ?? table, message }
}
