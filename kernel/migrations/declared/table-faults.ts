import type { ColumnSpec, ReferenceSpec } from '../../contract/columns.js'
import { integerRange } from '../../contract/integer-ranges.js'
import type { TableSpec } from '../../contract/table-spec.js'
import type { Fault } from '../../errors.js'

/** Introspection leaves the kernel's own tables out, and SQLite keeps the other names for itself. */
const RESERVED = /^(?:m3saas|sqlite)_/i

/** What is wrong with tables taken together: names that are taken, foreign keys that no engine could hold. */
export function tableFaults(tables: readonly TableSpec[]): Fault[] {
  const byName = new Map(tables.map((table) => [table.name, table]))
  const taken = new Set(tables.map(({ name }) => name.toLowerCase()))
  return tables.flatMap((table) => [
    ...(RESERVED.test(table.name)
      ? [{ path: table.name, message: 'table names that begin with m3saas_ or sqlite_ are taken' }]
      : []),
    ...(table.renamedFrom !== undefined && taken.has(table.renamedFrom.toLowerCase()) && !isOwnName(table)
      ? [{ path: table.name, message: `was renamed from ${table.renamedFrom}, but that table is declared too` }]
      : []),
    ...Object.entries(table.columns).flatMap(([column, spec]) => {
      const message = spec.references && referenceFault(spec, spec.references, byName)
      return message ? [{ path: `${table.name}.${column}`, message }] : []
    }),
  ])
}

/** A name written in other letters than before. */
function isOwnName({ name, renamedFrom }: TableSpec): boolean {
  return name.toLowerCase() === renamedFrom?.toLowerCase()
}

function referenceFault(
  spec: ColumnSpec,
  to: ReferenceSpec,
  tables: ReadonlyMap<string, TableSpec>,
): string | undefined {
  const target = tables.get(to.table)
  if (!target) return `refers to ${to.table}.${to.column}, but no loaded module declares the table ${to.table}`
  const key = Object.hasOwn(target.columns, to.column) ? target.columns[to.column] : undefined
  if (!key) return `refers to ${to.table}.${to.column}, but that table has no such column`
  const isKey =
    (target.primaryKey.length === 1 && target.primaryKey[0] === to.column) ||
    target.indexes.some((index) => index.unique && index.columns.length === 1 && index.columns[0] === to.column)
  if (!isKey) return `refers to ${to.table}.${to.column}, which is neither the primary key nor unique`
  if (!sameKind(spec, key)) return `refers to ${to.table}.${to.column}, which is of another type`
  // MariaDB makes no such foreign key, and SQLite would let no such key be emptied.
  return to.onUpdate === 'cascade' && key.nullable && !spec.nullable
    ? `follows the changes of ${to.table}.${to.column}, which can become NULL: make it nullable, or restrict updates`
    : undefined
}

/** MySQL compares whole numbers of one size and sign, and text of any length. */
function sameKind(a: ColumnSpec, b: ColumnSpec): boolean {
  const [one, other] = [integerRange(a), integerRange(b)]
  if (one && other) return one.least === other.least && one.most === other.most
  return a.type === b.type || (isText(a) && isText(b))
}

function isText({ type }: ColumnSpec): boolean {
  return ['varchar', 'email', 'password', 'phone', 'ip', 'link'].includes(type)
}
