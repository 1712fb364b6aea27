import { quote } from '../identifiers.js'
import type { Nature } from './column-literal.js'

/** What is longer is put together in a variable, in pieces. */
const LONGEST_INLINE = 16 * 1024
const PIECE = 512 * 1024

/** Of the variables that hold the pieces; nobody else's begin so. */
export const VARIABLE = '@m3saas_value_'

export interface LongColumn {
  readonly name: string
  readonly nature: Nature
}

/**
 * The statements that insert one row, none of them much longer than a mebibyte: a statement may not be longer than
 * max_allowed_packet, and a value of that length as a literal is. The last one is the INSERT. Values are those of `carriedValue`.
 */
export function* longRowStatements(
  table: string,
  columns: readonly LongColumn[],
  values: readonly (Buffer | null)[],
): Generator<Buffer> {
  const literals: string[] = []
  for (const [i, { nature }] of columns.entries()) {
    const value = values[i] ?? null
    if (value === null) literals.push('NULL')
    else if (nature === 'literal') literals.push(value.toString())
    else if (value.length === 0) literals.push("''")
    else if (value.length <= LONGEST_INLINE) {
      literals.push(`${nature === 'text' ? '_utf8mb4 ' : ''}0x${value.toString('hex')}`)
    } else {
      const variable = `${VARIABLE}${i}`
      yield* pieces(variable, value)
      literals.push(nature === 'text' ? `CONVERT(${variable} USING utf8mb4)` : variable)
    }
  }
  const names = columns.map(({ name }) => quote(name)).join(', ')
  yield Buffer.from(`INSERT INTO ${quote(table)} (${names}) VALUES (${literals.join(', ')})`)
}

function* pieces(variable: string, value: Buffer): Generator<Buffer> {
  for (let from = 0; from < value.length; from += PIECE) {
    const piece = `0x${value.subarray(from, from + PIECE).toString('hex')}`
    yield Buffer.from(`SET ${variable} = ${from === 0 ? piece : `CONCAT(${variable}, ${piece})`}`, 'latin1')
  }
}
