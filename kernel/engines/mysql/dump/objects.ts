import { M3Error, messageOf } from '../../../errors.js'
import type { Definition, Withheld } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'
import type { DumpColumn } from './column-literal.js'
import { unqualifiedTrigger, withoutDefiner } from './definition-text.js'
import { lookAtView } from './look-at-view.js'
import { inViewOrder } from './view-order.js'

/** A table with rows of its own. */
export interface DumpTable {
  readonly name: string
  /** CREATE TABLE, as the server says it. */
  readonly sql: string
  /** Those that can be written to: generated ones are left out. */
  readonly columns: readonly DumpColumn[]
  /** Its engine takes part in transactions. */
  readonly inSnapshot: boolean
}

/** A sequence of MariaDB. */
export interface DumpSequence {
  readonly name: string
  readonly sql: string
  /** What it gives next; text, for it may be beyond what a number holds. */
  readonly next: string
}

interface TableRow {
  readonly name: string
  readonly type: string
  readonly engine: string | null
  readonly estimate: unknown
}

interface ColumnRow {
  readonly of_table: string
  readonly name: string
  readonly type: string
  readonly characterSet: string | null
  readonly extra: string
}

const TABLES = `SELECT TABLE_NAME AS name, TABLE_TYPE AS type, ENGINE AS engine, TABLE_ROWS AS estimate
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`
const COLUMNS = `SELECT TABLE_NAME AS of_table, COLUMN_NAME AS name, LOWER(DATA_TYPE) AS type,
  CHARACTER_SET_NAME AS characterSet, EXTRA AS extra
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`
const ENGINES = "SELECT ENGINE AS name FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"

/** `DEFAULT_GENERATED` is MySQL's word for a default that is an expression. */
const GENERATED = /\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED\b/i

/** What the database of the connection holds, but for rows. */
export class DumpObjects {
  readonly warnings: string[] = []

  private constructor(
    readonly connection: MysqlConnection,
    readonly listed: readonly TableRow[],
    readonly keepsDefiners: boolean,
  ) {}

  static async list(connection: MysqlConnection, keepsDefiners = false): Promise<DumpObjects> {
    return new DumpObjects(connection, await connection.query<TableRow>(TABLES), keepsDefiners)
  }

  /** The names of what RENAME TABLE moves. */
  get movable(): readonly string[] {
    return this.listed.filter(({ type }) => type !== 'VIEW').map(({ name }) => name)
  }

  /** Rows of all tables, as the server estimates them. */
  get estimate(): number {
    return this.listed.reduce((sum, { estimate }) => sum + Number(estimate ?? 0), 0)
  }

  async tables(withheld: Withheld): Promise<readonly DumpTable[]> {
    const columns = await this.connection.query<ColumnRow>(COLUMNS)
    const engines = (await this.connection.query<{ name: string }>(ENGINES)).map(({ name }) => name)
    const tables: DumpTable[] = []
    for (const { name, type, engine } of this.listed) {
      if (type === 'VIEW' || type === 'SEQUENCE' || engine === null) continue
      if (type !== 'BASE TABLE' && type !== 'SYSTEM VERSIONED') continue
      if (type === 'SYSTEM VERSIONED')
        this.warnings.push(`of the table ${name} only the rows of now are in it, not its history`)
      const emptied = withheld[name.toLowerCase()] ?? []
      tables.push({
        name,
        sql: await this.#show(`SHOW CREATE TABLE ${quote(name)}`, 'Create Table'),
        inSnapshot: engines.includes(engine),
        columns: columns
          .filter((column) => column.of_table === name && !GENERATED.test(column.extra))
          .map((column) => ({
            name: column.name,
            type: column.type,
            characterSet: column.characterSet,
            withheld: emptied.includes(column.name.toLowerCase()),
          })),
      })
    }
    return tables
  }

  async sequences(): Promise<readonly DumpSequence[]> {
    const sequences: DumpSequence[] = []
    for (const { name } of this.listed.filter(({ type }) => type === 'SEQUENCE')) {
      const sql = await this.#show(`SHOW CREATE SEQUENCE ${quote(name)}`, 'Create Table')
      const [row] = await this.connection.query<{ next: unknown }>(
        `SELECT CAST(next_not_cached_value AS CHAR) AS next FROM ${quote(name)}`,
      )
      sequences.push({ name, sql, next: String(row?.next) })
    }
    return sequences
  }

  /** What the tables are read by, or read for. */
  async definedNames(): Promise<readonly Pick<Definition, 'kind' | 'name'>[]> {
    const found: Pick<Definition, 'kind' | 'name'>[] = []
    for (const { name } of await this.#triggerNames()) found.push({ kind: 'trigger', name })
    for (const { name, type } of this.listed) if (type === 'VIEW') found.push({ kind: 'view', name })
    for (const { name, type } of await this.#routineNames()) {
      found.push({ kind: type === 'FUNCTION' ? 'function' : 'procedure', name })
    }
    for (const { name } of await this.#eventNames()) found.push({ kind: 'event', name })
    return found
  }

  /** In an order in which they can be made. */
  async definitions(): Promise<readonly Definition[]> {
    return [
      ...(await this.#routines()),
      ...inViewOrder(await this.#views()),
      ...(await this.#triggers()),
      ...(await this.#events()),
    ]
  }

  async #views(): Promise<Definition[]> {
    const views: Definition[] = []
    for (const { name } of this.listed.filter(({ type }) => type === 'VIEW')) {
      await this.#define(views, 'view', name, `SHOW CREATE VIEW ${quote(name)}`, 'Create View')
    }
    const checked: Definition[] = []
    for (const view of views) checked.push((await this.#isReadable(view)) ? view : { ...view, unreadable: true })
    return checked
  }

  /** What a view reads may have been dropped. */
  async #isReadable({ name }: Definition): Promise<boolean> {
    try {
      await lookAtView(this.connection, name)
      return true
    } catch (error) {
      if (error instanceof M3Error) throw error
      this.warnings.push(`the view ${name} cannot be read: ${messageOf(error)}`)
      return false
    }
  }

  async #triggers(): Promise<Definition[]> {
    const triggers: Definition[] = []
    for (const { name } of await this.#triggerNames()) {
      await this.#define(triggers, 'trigger', name, `SHOW CREATE TRIGGER ${quote(name)}`, 'SQL Original Statement')
    }
    return triggers
  }

  /** Functions first: views and procedures may call them. */
  async #routines(): Promise<Definition[]> {
    const routines: Definition[] = []
    for (const { name, type } of await this.#routineNames()) {
      const [kind, word] =
        type === 'FUNCTION' ? (['function', 'Function'] as const) : (['procedure', 'Procedure'] as const)
      await this.#define(routines, kind, name, `SHOW CREATE ${type} ${quote(name)}`, `Create ${word}`)
    }
    return routines
  }

  async #events(): Promise<Definition[]> {
    const events: Definition[] = []
    for (const { name } of await this.#eventNames()) {
      await this.#define(events, 'event', name, `SHOW CREATE EVENT ${quote(name)}`, 'Create Event')
    }
    return events
  }

  #triggerNames(): Promise<{ name: string }[]> {
    return this.connection.query(
      `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
       ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
    )
  }

  #routineNames(): Promise<{ name: string; type: string }[]> {
    return this.connection.query(
      `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES
       WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE') ORDER BY ROUTINE_TYPE, ROUTINE_NAME`,
    )
  }

  #eventNames(): Promise<{ name: string }[]> {
    return this.connection.query(
      'SELECT EVENT_NAME AS name FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY EVENT_NAME',
    )
  }

  async #define(
    into: Definition[],
    kind: Definition['kind'],
    name: string,
    statement: string,
    field: string,
  ): Promise<void> {
    const [row] = await this.connection.query<Record<string, string | null>>(statement)
    const sql = row?.[field]
    if (typeof sql !== 'string') {
      this.warnings.push(`the ${kind} ${name} is left out: its text may not be read by this user`)
      return
    }
    const {
      sql_mode: sqlMode,
      character_set_client: characterSet,
      collation_connection: collation,
      time_zone,
    } = row ?? {}
    into.push({
      kind,
      name,
      sql: this.keepsDefiners ? sql : portable(kind, sql),
      ...(sqlMode == null ? {} : { sqlMode }),
      ...(characterSet == null ? {} : { characterSet }),
      ...(collation == null ? {} : { collation }),
      ...(kind === 'event' && time_zone != null ? { timeZone: time_zone } : {}),
    })
  }

  async #show(statement: string, field: string): Promise<string> {
    const [row] = await this.connection.query<Record<string, string>>(statement)
    const sql = row?.[field]
    if (sql === undefined) throw new Error(`${statement} gave no ${field}`)
    return sql
  }
}

/** What makes it in another database, for another user. */
function portable(kind: Definition['kind'], sql: string): string {
  const plain = withoutDefiner(sql)
  return kind === 'trigger' ? unqualifiedTrigger(plain) : plain
}
