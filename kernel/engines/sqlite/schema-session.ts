import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SqlResult, SqlValue } from '../../contract/context.js'
import type { Session } from '../contract.js'
import { quote } from './ddl-columns.js'
import type { Orphans } from './orphans.js'
import { isWord, nameOf, type Token, tokenize } from './sql-tokens.js'
import type { StayingObjects } from './staying-objects.js'

/** About 10 ms of work, after which the event loop has its turn: the driver is synchronous. */
const SLICE_ROWS = 5000

/** The start of a statement is enough to know it by. */
const LOOKED_AT = 400

/**
 * The session of `changeSchema`. What the statements of `ddl` cannot know, for it depends on what is there when they
 * run, is done here: triggers are kept over the drop of their table, a long copy is done in slices, and an index gets
 * another name where a renamed table or column has left one with its name behind.
 */
export class SchemaSession implements Session {
  constructor(
    readonly session: Session,
    readonly staying: StayingObjects,
    readonly orphans: Orphans,
  ) {}

  select<R>(sql: string, parameters?: readonly SqlValue[]): Promise<R[]> {
    return this.session.select<R>(sql, parameters)
  }

  ask<R>(sql: string): Promise<R[]> {
    return this.session.ask<R>(sql)
  }

  run(sql: string, parameters?: readonly SqlValue[]): Promise<SqlResult> {
    return this.session.run(sql, parameters)
  }

  transaction<T>(fn: (inner: Session) => Promise<T>): Promise<T> {
    return this.session.transaction((inner) => fn(new SchemaSession(inner, this.staying, this.orphans)))
  }

  async execute(sql: string): Promise<void> {
    const [first, ...rest] = tokenize(sql.slice(0, LOOKED_AT))
    const alters = isWord(first, 'ALTER') && isWord(rest[0], 'TABLE')
    const drops = isWord(first, 'DROP') && isWord(rest[0], 'TABLE')
    // SQLite corrects the views that read what is renamed, as long as they are there and work.
    if (alters && isWord(rest[2], 'RENAME')) await this.staying.takeBrokenViews(this.session)
    else if (alters || drops) await this.staying.takeViews(this.session)
    if (drops) await this.staying.noteTriggers(this.session, nameOf(rest[1]) ?? '')
    const source = isWord(first, 'INSERT') ? sourceOf(sql) : undefined
    if (source !== undefined) await this.#copy(sql, source)
    else await this.session.execute(isWord(first, 'CREATE') ? await this.#withFreeName(sql, rest) : sql)
    if (alters && isWord(rest[2], 'RENAME') && isWord(rest[3], 'TO')) {
      this.orphans.renamed(nameOf(rest[1]) ?? '', nameOf(rest[4]) ?? '')
    }
  }

  /** By ranges of the row number, in its order: a new auto-increment column numbers the rows so. */
  async #copy(sql: string, source: string): Promise<void> {
    const row = await this.#rowNumber(source)
    if (row === undefined) return this.session.execute(sql)
    for (let last: SqlValue | undefined; ; ) {
      const above = last === undefined ? { sql: '', values: [] } : { sql: `${row} > ?`, values: [last] }
      const [end] = await this.session.select<{ last: SqlValue }>(
        `SELECT ${row} AS last FROM ${quote(source)}${where(above.sql)} ORDER BY ${row} LIMIT 1 OFFSET ${SLICE_ROWS - 1}`,
        above.values,
      )
      const conditions = where(above.sql, end && `${row} <= ?`)
      await this.session.run(`${sql}${conditions} ORDER BY ${row}`, [...above.values, ...(end ? [end.last] : [])])
      if (!end) return
      last = end.last
      await nextTurn()
    }
  }

  /** What the table calls its row number, unless columns have all of the names; undefined if it has none. */
  async #rowNumber(table: string): Promise<string | undefined> {
    const columns = await this.session.select<{ name: string }>(
      `SELECT lower(c.name) AS name FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name) AS c
       WHERE t.schema = 'main' AND t.type = 'table' AND NOT t.wr AND lower(t.name) = lower(?)`,
      [table],
    )
    if (columns.length === 0) return undefined
    return ['rowid', '_rowid_', 'oid'].find((name) => !columns.some((column) => column.name === name))
  }

  async #withFreeName(sql: string, rest: readonly Token[]): Promise<string> {
    const at = rest.findIndex((token) => isWord(token, 'INDEX'))
    const token = rest[at + 1]
    if (at < 0 || at > 1 || token?.kind !== 'name') return sql
    const taken = await this.session.select<{ name: string }>('SELECT name FROM sqlite_master')
    const names = new Set(taken.map(({ name }) => name.toLowerCase()))
    let free = token.value
    for (let i = 2; names.has(free.toLowerCase()); i++) free = `${token.value}.${i}`
    return sql.replace(token.text, () => quote(free))
  }
}

/** The table of which a statement copies all rows, in order to do so bit by bit; undefined for any other statement. */
function sourceOf(sql: string): string | undefined {
  const [name] = /"[^"]*(?:""[^"]*)*"$/.exec(sql) ?? []
  const copies = name !== undefined && sql.endsWith(` FROM ${name}`) && /^INSERT INTO "[^"]+"[^;]* SELECT /.test(sql)
  return copies ? nameOf(tokenize(name)[0]) : undefined
}

function where(...conditions: readonly (string | undefined)[]): string {
  const given = conditions.filter(Boolean)
  return given.length === 0 ? '' : ` WHERE ${given.join(' AND ')}`
}
