import { M3Error } from '../../../errors.js'
import type { Definition } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { DumpObjects } from '../dump/objects.js'
import { define } from '../dump/try-definitions.js'
import { quote } from '../identifiers.js'
import { accountSql } from '../provision.js'
import { isPlainTrigger } from './plain-trigger.js'

type Kind = Definition['kind']

/** The head of a statement that makes something, with no definer in it. */
const HEADS: Readonly<Record<Kind, RegExp>> = {
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
  // The account that loads may not have tried it out: on some servers only an administrator makes triggers.
  if (kind === 'trigger' && !isPlainTrigger(sql))
    throw new M3Error(
      'BACKUP_INVALID',
      `The backup’s trigger ${name} is not plainly one of a table of its own database`,
    )
  return user === undefined ? sql : sql.replace(head, (found) => `${found}DEFINER=${accountSql(user)} `)
}

/**
 * Makes them in the database that the connection uses; `sqlOf` gives the statement of each. One that needs another is tried
 * again behind it. What could not be read before is left out if it cannot be made.
 */
export async function makeAll(
  root: MysqlConnection,
  definitions: readonly Definition[],
  sqlOf: (definition: Definition) => string,
): Promise<void> {
  let left = definitions
  while (left.length > 0) {
    const failed: { readonly definition: Definition; readonly error: unknown }[] = []
    for (const definition of left) {
      try {
        await define(root, definition, sqlOf(definition))
      } catch (error) {
        if (error instanceof M3Error) throw error
        failed.push({ definition, error })
      }
    }
    if (failed.length === left.length) {
      const needed = failed.find(({ definition }) => !definition.unreadable)
      if (needed) throw needed.error
      return
    }
    left = failed.map(({ definition }) => definition)
  }
}

/** Takes away what reads the tables of the database that the connection uses, or is read for them. */
export async function dropAll(root: MysqlConnection, kinds?: readonly Kind[]): Promise<void> {
  for (const { kind, name } of await namesOf(root)) {
    if (!kinds || kinds.includes(kind)) await root.execute(`DROP ${kind} IF EXISTS ${quote(name)}`)
  }
}

/** Makes those that are not there, by their own statements; whoever uses the others is not disturbed. */
export async function makeMissing(root: MysqlConnection, definitions: readonly Definition[]): Promise<void> {
  const missing = await missingOf(root, definitions)
  // Triggers of a table run in the order in which they were made.
  if (missing.some(({ kind }) => kind === 'trigger')) await dropAll(root, ['trigger'])
  await makeAll(root, await missingOf(root, definitions), ({ sql }) => sql)
}

async function missingOf(root: MysqlConnection, definitions: readonly Definition[]): Promise<Definition[]> {
  const there = new Set((await namesOf(root)).map(keyOf))
  return definitions.filter((definition) => !there.has(keyOf(definition)))
}

async function namesOf(root: MysqlConnection): Promise<readonly Pick<Definition, 'kind' | 'name'>[]> {
  const objects = await DumpObjects.list(root)
  return objects.definedNames()
}

function keyOf({ kind, name }: Pick<Definition, 'kind' | 'name'>): string {
  return `${kind} ${name}`
}
