import { M3Error } from '../../../errors.js'
import type { Definition } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { DumpObjects } from '../dump/objects.js'
import { define } from '../dump/try-definitions.js'
import { quote } from '../identifiers.js'
import { accountSql } from '../provision.js'

/** The head of a statement that makes something, with no definer in it. */
const HEADS: Readonly<Record<Definition['kind'], RegExp>> = {
  view: /^CREATE\s+(?:ALGORITHM\s*=\s*\w+\s+)?(?=(?:SQL\s+SECURITY\s+\w+\s+)?VIEW\s)/i,
  trigger: /^CREATE\s+(?=TRIGGER\s)/i,
  procedure: /^CREATE\s+(?=PROCEDURE\s)/i,
  function: /^CREATE\s+(?=(?:AGGREGATE\s+)?FUNCTION\s)/i,
  event: /^CREATE\s+(?=EVENT\s)/i,
  sequence: /^CREATE\s+(?=SEQUENCE\s)/i,
}

/**
 * The statement with its definer. It is run by root, so that it must be what it says it is, and work by the rights of that
 * user: the text comes from a file. Throws BACKUP_INVALID.
 */
export function definedBy({ kind, name, sql }: Definition, user: string | undefined): string {
  const head = HEADS[kind]
  if (!head.test(sql))
    throw new M3Error('BACKUP_INVALID', `The backup’s ${kind} ${name} is made by a statement of another kind`)
  return user === undefined ? sql : sql.replace(head, (found) => `${found}DEFINER=${accountSql(user)} `)
}

/** Makes them in the database that the connection uses; `sqlOf` gives the statement of each. */
export async function makeAll(
  root: MysqlConnection,
  definitions: readonly Definition[],
  sqlOf: (definition: Definition) => string,
): Promise<void> {
  for (const definition of definitions) await define(root, definition, sqlOf(definition))
}

/** Takes away all that reads the tables of the database that the connection uses. */
export async function dropAll(root: MysqlConnection, kinds?: ReadonlySet<Definition['kind']>): Promise<void> {
  const objects = await DumpObjects.list(root)
  for (const { kind, name } of await objects.definedNames()) {
    if (!kinds || kinds.has(kind)) await root.execute(`DROP ${kind} IF EXISTS ${quote(name)}`)
  }
}
