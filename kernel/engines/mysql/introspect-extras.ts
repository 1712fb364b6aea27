import type { Session } from '../contract.js'
import { groupBy } from './group-by.js'
import { quote } from './identifiers.js'

/** A check constraint. MySQL knows those of the table alone, MariaDB also such as go with a column. */
export interface CheckRow {
  readonly owner: string
  readonly name: string
  /** `Column` or `Table`. */
  readonly level: string
  readonly clause: string
}

export interface TriggerRow {
  readonly owner: string
  readonly name: string
  readonly timing: string
  readonly event: string
  readonly statement: string
}

const MARIADB_CHECKS_SQL = `
  SELECT TABLE_NAME AS owner, CONSTRAINT_NAME AS name, LEVEL AS level, CHECK_CLAUSE AS clause
  FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()`

const MYSQL_CHECKED_SQL = `
  SELECT TABLE_NAME AS owner, CONSTRAINT_NAME AS name
  FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE() AND CONSTRAINT_TYPE = 'CHECK'`

const MYSQL_CLAUSES_SQL = `
  SELECT CONSTRAINT_NAME AS name, CHECK_CLAUSE AS clause
  FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()`

/** By the schema of the table, not that of the trigger, which MariaDB looks up at a third of the cost. They are the same. */
export const TRIGGERS_SQL = `
  SELECT EVENT_OBJECT_TABLE AS owner, TRIGGER_NAME AS name, ACTION_TIMING AS timing, EVENT_MANIPULATION AS event,
    ACTION_STATEMENT AS statement
  FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()`

/** The checks of a whole database. MySQL's table of clauses does not say of which table, and came with 8.0.16. */
export async function readChecks(session: Session, mariaDb: boolean): Promise<CheckRow[]> {
  if (mariaDb) return session.ask<CheckRow>(MARIADB_CHECKS_SQL)
  const checked = await session.ask<{ owner: string; name: string }>(MYSQL_CHECKED_SQL)
  if (checked.length === 0) return []
  const rows = await session.ask<{ name: string; clause: string }>(MYSQL_CLAUSES_SQL)
  const clauses = new Map(rows.map(({ name, clause }) => [name, clause]))
  return checked.map(({ owner, name }) => ({ owner, name, level: 'Table', clause: clauses.get(name) ?? '' }))
}

/** A table's JSON columns on MariaDB: those that are checked to be JSON and nothing else. */
export function jsonColumns(checks: readonly CheckRow[]): Set<string> {
  return new Set(checks.flatMap((check) => jsonColumn(check) ?? []))
}

/** What hand-written migrations gave one table, a text each, always in the same order. */
export function extraTexts(
  columns: readonly string[],
  checks: readonly CheckRow[],
  triggers: readonly TriggerRow[],
): string[] {
  const texts = [
    ...checks.filter((check) => jsonColumn(check) === undefined).map((check) => checkText(columns, check)),
    ...triggers.map(({ name, timing, event, statement }) => `trigger ${quote(name)} ${timing} ${event}: ${statement}`),
  ]
  return texts.sort()
}

/** The clauses of the checks that go with columns, by column in lower case. MODIFY drops them unless it repeats them. */
export function columnChecks(extras: readonly string[]): Map<string, string> {
  const found = extras.flatMap((text) => {
    const match = /^column `((?:[^`]|``)+)` check \((.*)\)$/s.exec(text)
    return match
      ? [{ column: (match[1] as string).replaceAll('``', '`').toLowerCase(), clause: match[2] as string }]
      : []
  })
  return new Map([...groupBy(found, ({ column }) => column)].map(([column, [first]]) => [column, first?.clause ?? '']))
}

/** Whether it is what is told of the check of this column, `column` being quoted. */
export function isColumnCheck(extra: string, column: string): boolean {
  return extra.startsWith(`column ${column} check `)
}

function checkText(columns: readonly string[], check: CheckRow): string {
  const column = check.level === 'Column' ? columnOf(columns, check) : undefined
  return column === undefined
    ? `check ${quote(check.name)} (${check.clause})`
    : `column ${quote(column)} check (${check.clause})`
}

/** A check keeps the name that its column had when it was made: after a rename only its clause tells. */
function columnOf(columns: readonly string[], { name, clause }: CheckRow): string | undefined {
  const named = columns.filter((column) => clause.includes(quote(column)))
  return named.find((column) => column === name) ?? named[0]
}

function jsonColumn({ level, clause }: CheckRow): string | undefined {
  if (level !== 'Column') return undefined
  return /^json_valid\(`((?:[^`]|``)+)`\)$/i.exec(clause)?.[1]?.replaceAll('``', '`')
}
