import type { SqlValue } from '../contract/context.js'
import type { Database } from '../engines/contract.js'

const MOST = 512

/**
 * Rows of a query that holds `IN (?)` once, its only parameter, for any number of values. Lists are filled up to a
 * power of two by repeating a value, so that a server meets ten statements and not one for each length.
 */
export async function selectIn<R>(
  catalog: Pick<Database, 'select'>,
  sql: string,
  values: readonly SqlValue[],
): Promise<R[]> {
  const distinct = [...new Set(values)]
  const rows: R[] = []
  for (let start = 0; start < distinct.length; start += MOST) {
    const portion = distinct.slice(start, start + MOST)
    const size = 2 ** Math.ceil(Math.log2(portion.length))
    const padded = Array.from({ length: size }, (_, i) => portion[i] ?? (portion[0] as SqlValue))
    const list = padded.map(() => '?').join(', ')
    rows.push(...(await catalog.select<R>(sql.replace('IN (?)', `IN (${list})`), padded)))
  }
  return rows
}
