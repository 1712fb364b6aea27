import type { SqlValue } from '../contract/context.js'
import type { SeedRow } from '../contract/define-seed.js'
import { integerRange } from '../contract/integer-ranges.js'
import { MAIN_SEED_COLUMN, type TableSpec } from '../contract/table-spec.js'
import type { Session } from '../engines/contract.js'
import type { Ddl } from '../engines/ddl.js'
import { M3Error } from '../errors.js'
import { bindRow, bindValue } from './bind-value.js'

/** A condition with the values it binds. */
export interface Condition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** Whose a stored row is: the kernel's for good, the kernel's for trying out, or the user's own. */
export type Owner = 'main' | 'temporary' | 'user'

/** A row that is there. `key` identifies it among those of its table, as the database holds it. */
export interface StoredRow {
  readonly key: readonly SqlValue[]
  readonly owner: Owner
}

/** Keys in one statement. */
const PORTION = 500

/** The rows of one seeded table, as the seeding statements see them. Every value is bound. */
export class SeedRows {
  readonly name: string

  constructor(
    readonly session: Session,
    readonly ddl: Ddl,
    readonly table: TableSpec,
  ) {
    this.name = ddl.quote(table.name)
  }

  /**
   * For each of the seeds the stored row that has its key. As few queries as can be: one for a list of numbered rows, and
   * none but one for an empty table.
   */
  async findAll(rows: readonly SeedRow[]): Promise<(StoredRow | undefined)[]> {
    if (rows.length > 1 && (await this.#isEmpty())) return rows.map(() => undefined)
    const numbers = rows.map((row) => this.#numberOf(row))
    if (rows.length === 1 || numbers.includes(undefined)) {
      const found: (StoredRow | undefined)[] = []
      for (const row of rows) found.push(await this.find(row))
      return found
    }
    const stored = new Map<string, StoredRow>()
    const wanted = numbers.flatMap((number) => number ?? [])
    for (let start = 0; start < wanted.length; start += PORTION) {
      const portion = wanted.slice(start, start + PORTION)
      const [key = ''] = this.table.primaryKey
      const sql = `${this.name}.${this.ddl.quote(key)} IN (${portion.map(() => '?').join(', ')})`
      const found = await this.session.select(`SELECT ${this.#keyAndMark()} FROM ${this.name} WHERE ${sql}`, portion)
      for (const row of found) stored.set(String(row[key]), this.#stored(row))
    }
    return wanted.map((number) => stored.get(String(number)))
  }

  /** The stored row that has the key of a seed. Whether two keys are one is the database's to say: it has the collation. */
  async find(row: SeedRow): Promise<StoredRow | undefined> {
    const { sql, values } = this.#hasKey(this.#keyOf(row))
    const [found] = await this.session.select(`SELECT ${this.#keyAndMark()} FROM ${this.name} WHERE ${sql}`, values)
    return found && this.#stored(found)
  }

  async marked(mark: boolean): Promise<StoredRow[]> {
    const sql = `SELECT ${this.#keyAndMark()} FROM ${this.name} WHERE ${this.#mark} = ?`
    return (await this.session.select(sql, [mark])).map((row) => this.#stored(row))
  }

  async insert(row: SeedRow, mark: boolean, place: string): Promise<void> {
    const values = bindRow(this.table, row).set(MAIN_SEED_COLUMN, mark)
    const columns = [...values.keys()].map((column) => this.ddl.quote(column))
    const sql = `INSERT INTO ${this.name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
    await this.#write(sql, [...values.values()], place)
  }

  /** Sets columns of a main seed; its key and its mark stay. */
  async update(row: SeedRow, values: ReadonlyMap<string, SqlValue>, place: string): Promise<void> {
    const set = [...values].filter(([column]) => column !== MAIN_SEED_COLUMN && !this.table.primaryKey.includes(column))
    if (set.length === 0) return
    const key = this.#hasKey(this.#keyOf(row))
    const columns = set.map(([column]) => `${this.ddl.quote(column)} = ?`).join(', ')
    const sql = `UPDATE ${this.name} SET ${columns} WHERE ${key.sql} AND ${this.#mark} = ?`
    await this.#write(sql, [...set.map(([, value]) => value), ...key.values, true], place)
  }

  /** Deletes the seeded rows of a mark, or one of them, for which `condition` holds. One statement: nothing comes between. */
  async delete(mark: boolean, condition: Condition, key?: readonly SqlValue[]): Promise<number> {
    const parts = [{ sql: `${this.#mark} = ?`, values: [mark] }, ...(key ? [this.#hasKey(key)] : []), condition]
    const where = parts.map((part) => part.sql).join(' AND ')
    const result = await this.session.run(
      `DELETE FROM ${this.name} WHERE ${where}`,
      parts.flatMap((part) => part.values),
    )
    return result.affectedRows
  }

  get #mark(): string {
    return `${this.name}.${this.ddl.quote(MAIN_SEED_COLUMN)}`
  }

  async #isEmpty(): Promise<boolean> {
    return (await this.session.select(`SELECT 1 AS found FROM ${this.name} LIMIT 1`)).length === 0
  }

  /** The key if it is one whole number: only those are equal here exactly if they are in the database. */
  #numberOf(row: SeedRow): bigint | undefined {
    const [column, ...more] = this.table.primaryKey
    const spec = column === undefined ? undefined : this.table.columns[column]
    if (column === undefined || !spec || more.length > 0 || !integerRange(spec)) return undefined
    return BigInt(row[column] as number | string | bigint)
  }

  #keyAndMark(): string {
    return [...this.table.primaryKey, MAIN_SEED_COLUMN].map((column) => this.ddl.quote(column)).join(', ')
  }

  #keyOf(row: SeedRow): SqlValue[] {
    return this.table.primaryKey.map((column) => {
      const spec = this.table.columns[column]
      return spec ? bindValue(spec, row[column]) : null
    })
  }

  #hasKey(key: readonly SqlValue[]): Condition {
    const sql = this.table.primaryKey.map((column) => `${this.name}.${this.ddl.quote(column)} = ?`).join(' AND ')
    return { sql, values: key }
  }

  #stored(found: Record<string, unknown>): StoredRow {
    const mark = found[MAIN_SEED_COLUMN]
    const owner = mark === null || mark === undefined ? 'user' : Number(mark) === 0 ? 'temporary' : 'main'
    return { key: this.table.primaryKey.map((column) => found[column] as SqlValue), owner }
  }

  async #write(sql: string, values: readonly SqlValue[], place: string): Promise<void> {
    try {
      await this.session.run(sql, values)
    } catch (error) {
      if (error instanceof M3Error) throw error
      throw new M3Error('SEED_REFUSED', `The database refuses the seeds of ${this.table.name}`, {
        faults: [{ path: place, message: 'a key, a unique index or a foreign key does not allow it' }],
        cause: error,
      })
    }
  }
}
