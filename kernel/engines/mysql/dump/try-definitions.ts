import mysql from 'mysql2'
import { type Fault, M3Error, messageOf } from '../../../errors.js'
import type { Definition } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { errnoOf } from '../failures.js'
import { quote } from '../identifiers.js'

/**
 * ER_BINLOG_CREATE_ROUTINE_NEED_SUPER: of functions and triggers on a server that keeps a binary log, unless it trusts their
 * makers. The account that loads has no such right; root, who makes them in the end, has.
 */
const NEEDS_SUPER = 1419
/** ER_SP_DOES_NOT_EXIST, ER_NO_SUCH_TABLE: what a view of such a function says, and a view of that view. */
const IS_MISSING = [1305, 1146]

/**
 * Makes views, triggers and routines on the loaded tables, looks whether the views can be read, and takes all of them away
 * again. Gives them in an order in which they can be made. An event is not tried: it would begin to do its work. Nor is what
 * only an administrator may make.
 */
export async function tryDefinitions(
  connection: MysqlConnection,
  definitions: readonly Definition[],
): Promise<{ readonly definitions: readonly Definition[]; readonly faults: Fault[]; readonly warnings: string[] }> {
  const faults: Fault[] = []
  const warnings: string[] = []
  const made: Definition[] = []
  const untried: Definition[] = []
  const complain = ({ kind, name, unreadable }: Definition, error: unknown) => {
    const text = `cannot be ${kind === 'view' ? 'read' : 'made'}: ${messageOf(error)}`
    if (unreadable) warnings.push(`the ${kind} ${name} is left out; it could not be read when it was backed up either`)
    else faults.push({ path: name, message: `this ${kind} ${text}` })
  }
  let left = definitions.filter(({ kind }) => kind !== 'event')
  while (left.length > 0) {
    const failed: { readonly definition: Definition; readonly error: unknown }[] = []
    for (const definition of left) {
      const error = await attempt(connection, definition)
      if (error === undefined) made.push(definition)
      else failed.push({ definition, error })
    }
    // A view may read one that comes later: as long as some can be made, the others are tried again.
    if (failed.length === left.length) {
      const isUntried = (error: unknown) => errnoOf(error) === NEEDS_SUPER
      const lacksFunction = failed.some(({ definition, error }) => definition.kind === 'function' && isUntried(error))
      for (const { definition, error } of failed) {
        const isOfUntried = lacksFunction && definition.kind === 'view' && IS_MISSING.includes(errnoOf(error))
        if (isUntried(error) || (isOfUntried && !definition.unreadable)) untried.push(definition)
        else complain(definition, error)
      }
      break
    }
    left = failed.map(({ definition }) => definition)
  }
  for (const view of made.filter(({ kind }) => kind === 'view')) {
    try {
      await connection.query(`SELECT * FROM ${quote(view.name)} LIMIT 0`)
    } catch (error) {
      if (error instanceof M3Error) throw error
      complain(view, error)
    }
  }
  for (const { kind, name } of [...made].reverse()) await connection.execute(`DROP ${kind} ${quote(name)}`)
  const events = definitions.filter(({ kind }) => kind === 'event')
  return { definitions: [...made, ...untried, ...events], faults, warnings }
}

/** Gives what the server refuses it with. */
async function attempt(connection: MysqlConnection, definition: Definition): Promise<unknown> {
  try {
    await define(connection, definition)
    return undefined
  } catch (error) {
    if (error instanceof M3Error) throw error
    return error
  }
}

/** Makes it under the settings that it was made under. */
export async function define(connection: MysqlConnection, definition: Definition, sql = definition.sql): Promise<void> {
  const { sqlMode, collation, timeZone } = definition
  const settings = [
    ...(sqlMode === undefined ? [] : [`sql_mode = ${mysql.escape(sqlMode)}`]),
    // The text crosses in utf8mb4 whatever it was written in; what its literals mean is the collation’s matter.
    ...(collation === undefined ? [] : [`collation_connection = ${mysql.escape(collation)}`]),
    ...(timeZone === undefined ? [] : [`time_zone = ${mysql.escape(timeZone)}`]),
  ]
  const [former] = await connection.query<Record<string, string>>(
    'SELECT @@sql_mode AS sqlMode, @@collation_connection AS collation, @@time_zone AS timeZone',
  )
  if (settings.length > 0) await connection.execute(`SET SESSION ${settings.join(', ')}`)
  try {
    await connection.execute(sql)
  } finally {
    const { sqlMode: mode, collation: literals, timeZone: zone } = former ?? {}
    await connection.execute(
      `SET SESSION sql_mode = ${mysql.escape(mode)}, collation_connection = ${mysql.escape(literals)}, time_zone = ${mysql.escape(zone)}`,
    )
  }
}
