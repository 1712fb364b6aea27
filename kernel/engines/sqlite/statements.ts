import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite'
import { LRUCache } from 'lru-cache'
import { M3Error } from '../../errors.js'
import type { Guard } from './guard.js'
import { type BoundValue, decoderOf } from './values.js'

const KEPT = 100
/** Longer ones are bulk inserts with their values in the text, which do not come again. */
const LONGEST_KEPT = 10_000

export type Row = Record<string, unknown>

/** A compiled statement that gives its rows as arrays, integers as bigints. */
export interface Prepared {
  readonly statement: StatementSyncInstance
  readonly hasRows: boolean
  readonly writes: boolean
  /** It inserts into a table whose rows SQLite numbers. */
  readonly numbers: boolean
  /** Builds a row out of its values. */
  read: (values: readonly unknown[]) => Row
}

/** Named parameters as Sequelize gives them (`{ $1: … }`), or values for each `?`. */
export type BoundParameters = readonly BoundValue[] | Readonly<Record<string, BoundValue>>

/** What a statement did: rows if it gives any, else the numbers of the driver. */
export interface Outcome {
  readonly rows: Row[]
  readonly changes: number
  readonly lastId: number | string
  readonly prepared: Prepared
}

/** The compiled statements of one connection, the most recently used ones kept. */
export class Statements {
  readonly #kept = new LRUCache<string, Prepared>({ max: KEPT })

  constructor(
    readonly database: DatabaseSyncInstance,
    readonly guard: Guard,
  ) {}

  prepare(sql: string): Prepared {
    const kept = this.#kept.get(sql)
    if (kept) return kept
    const prepared = this.#compile(sql)
    if (sql.length <= LONGEST_KEPT) this.#kept.set(sql, prepared)
    return prepared
  }

  /** To be called once the first row is there: a change of the schema may have changed names and types. */
  refresh(prepared: Prepared): void {
    prepared.read = rowReader(prepared.statement)
  }

  #compile(sql: string): Prepared {
    refuseNul(sql)
    const { prepared: statement, kind } = this.guard.watch(() => this.database.prepare(sql))
    statement.setReadBigInts(true)
    const columns = statement.columns()
    if (columns.length > 0) statement.setReturnArrays(true)
    return {
      statement,
      hasRows: columns.length > 0,
      writes: kind.writes,
      numbers: kind.insertsInto !== undefined && this.#isNumbered(kind.insertsInto),
      read: rowReader(statement),
    }
  }

  /** https://sqlite.org/lang_createtable.html#rowids_and_the_integer_primary_key */
  #isNumbered(table: string): boolean {
    const key = this.database
      .prepare(
        `SELECT count(*) = 1 AND max(upper(type)) = 'INTEGER' AS numbered FROM pragma_table_info(?) WHERE pk > 0`,
      )
      .get(table) as { numbered: number }
    return key.numbered === 1
  }
}

/** SQLite reads a statement up to a NUL and forgets the rest. */
export function refuseNul(sql: string): void {
  if (!sql.includes('\0')) return
  throw new M3Error('VALIDATION_FAILED', 'A statement contains a NUL character: bind values, and none with a NUL')
}

function rowReader(statement: StatementSyncInstance): Prepared['read'] {
  const columns = statement.columns()
  const names = columns.map((column) => column.name)
  const decoders = columns.map((column) => decoderOf(column.type))
  return (values) => {
    const row: Row = {}
    for (const [i, name] of names.entries()) row[name] = decoders[i]?.(values[i])
    return row
  }
}
