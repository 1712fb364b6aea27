import { M3Error } from '../../../errors.js'
import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'
import { placeholderOf } from './column-literal.js'
import { type CarriedColumn, carriedRows } from './table-rows.js'

/** Inserts the rows of a frame of values, one statement each. */
export async function insertValues(
  connection: MysqlConnection,
  table: string,
  given: unknown,
  body: Uint8Array,
): Promise<void> {
  const columns = carriedColumns(given, table)
  const names = columns.map(({ name }) => quote(name)).join(', ')
  const places = columns.map(({ carriage }) => placeholderOf(carriage)).join(', ')
  const sql = `INSERT INTO ${quote(table)} (${names}) VALUES (${places})`
  for (const row of rowsOf(body, columns.length, table)) {
    const values = row.map((value, i) => {
      if (value === null || columns[i]?.carriage === 'bytes') return value
      return value.toString('utf8')
    })
    await connection.run(sql, values)
  }
}

function* rowsOf(body: Uint8Array, columns: number, table: string): Generator<(Buffer | null)[]> {
  try {
    yield* carriedRows(body, columns)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new M3Error('BACKUP_INVALID', `The backup has rows of ${table} that do not end where they should`, {
      cause: error,
    })
  }
}

function carriedColumns(given: unknown, table: string): readonly CarriedColumn[] {
  const columns = Array.isArray(given) ? (given as readonly Partial<CarriedColumn>[]) : []
  const known = ['text', 'bytes', 'number']
  if (
    columns.length > 0 &&
    columns.every(({ name, carriage }) => typeof name === 'string' && known.includes(String(carriage)))
  ) {
    return columns as readonly CarriedColumn[]
  }
  throw new M3Error('BACKUP_INVALID', `The backup has rows of ${table} that do not tell their columns`)
}
