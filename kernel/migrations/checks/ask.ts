import type { Session } from '../../engines/contract.js'
import type { Fault } from '../../errors.js'
import { type Asked, CHECKED_ROWS, type Check } from './check.js'
import { columnChecks } from './column-checks.js'
import { foreignKeyChecks } from './foreign-key-checks.js'
import { uniqueChecks } from './unique-checks.js'

/** What must be asked of a table's rows before it is changed. */
export function checksOf(asked: Asked): Check[] {
  return [...columnChecks(asked), ...uniqueChecks(asked), ...foreignKeyChecks(asked)]
}

/** A fault for each check that finds rows, with some of them: their keys and no other column's values. */
export async function ask(session: Pick<Session, 'select'>, checks: readonly Check[]): Promise<Fault[]> {
  const faults: Fault[] = []
  for (const { path, message, advice, sql, parameters } of checks) {
    const rows = await session.select(sql, parameters)
    if (rows.length > 0) faults.push({ path, message: `${message}: ${describeRows(rows)}; ${advice}` })
  }
  return faults
}

function describeRows(rows: readonly Record<string, unknown>[]): string {
  const named = rows.slice(0, CHECKED_ROWS - 1).map((row) =>
    Object.entries(row)
      .map(([name, value]) => `${name}=${keyText(value)}`)
      .join(' '),
  )
  // Without a primary key there is nothing to name them by.
  if (named.every((each) => each === 'found=1')) return 'some rows'
  return `${named.join(', ')}${rows.length >= CHECKED_ROWS ? ' and more' : ''}`
}

function keyText(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  return String(value)
}
