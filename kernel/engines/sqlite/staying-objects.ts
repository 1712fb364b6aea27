import type { Session } from '../contract.js'
import { quote } from './ddl-columns.js'
import { sameName } from './live-keys.js'

/** A view or a trigger with the statement that makes it. */
interface Stored {
  readonly name: string
  readonly of_table: string
  readonly sql: string
}

/** Views that are out of the way while the schema changes, and triggers that go with a dropped table or view. */
export class StayingObjects {
  readonly #names: readonly string[]
  readonly #views: Stored[] = []
  readonly #triggers: Stored[] = []
  #areTaken = false

  constructor(views: readonly string[]) {
    this.#names = views
  }

  /** A view that does not work, for it reads what is not there, makes SQLite refuse even to rename something else. */
  async takeBrokenViews(session: Session): Promise<void> {
    for (const view of await this.#stored(session)) {
      if (!(await works(session, view.name))) await this.#take(session, view)
    }
  }

  async takeViews(session: Session): Promise<void> {
    if (this.#areTaken) return
    this.#areTaken = true
    for (const view of await this.#stored(session)) await this.#take(session, view)
  }

  async noteTriggers(session: Session, table: string): Promise<void> {
    const triggers = await session.select<Stored>(
      `SELECT name, tbl_name AS of_table, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = lower(?)`,
      [table],
    )
    this.#triggers.push(...triggers)
  }

  /** Makes all again but the triggers of tables that are gone for good. What has been made anew meanwhile stays. */
  async bringBack(session: Session): Promise<void> {
    for (const view of this.#views) {
      if (!(await isThere(session, view.name))) await session.execute(view.sql)
    }
    for (const trigger of this.#triggers) {
      const hasTable = await isThere(session, trigger.of_table)
      if (hasTable && !(await isThere(session, trigger.name))) await session.execute(trigger.sql)
    }
  }

  async #take(session: Session, view: Stored): Promise<void> {
    await this.noteTriggers(session, view.name)
    await session.execute(`DROP VIEW ${quote(view.name)}`)
    this.#views.push(view)
  }

  async #stored(session: Session): Promise<Stored[]> {
    if (this.#names.length === 0) return []
    const views = await session.select<Stored>(
      `SELECT name, tbl_name AS of_table, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid`,
    )
    return views.filter(({ name }) => this.#names.some((staying) => sameName(staying, name)))
  }
}

async function works(session: Session, view: string): Promise<boolean> {
  try {
    await session.select(`SELECT 1 FROM ${quote(view)} LIMIT 0`)
    return true
  } catch {
    // What is wrong with it is told to whoever reads the view.
    return false
  }
}

async function isThere(session: Session, name: string): Promise<boolean> {
  const found = await session.select('SELECT 1 FROM sqlite_master WHERE lower(name) = lower(?)', [name])
  return found.length > 0
}
