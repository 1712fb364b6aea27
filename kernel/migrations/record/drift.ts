import type { Fault } from '../../errors.js'
import { foreignKeyText, indexText } from '../diff/change-text.js'
import { foreignKeyKey, indexKey, lower, sameNames } from '../diff/names.js'
import { requalified, type SchemaOutline, type TableOutline } from './outline.js'

/** What changed in a database since its last migration, other than by a migration: what was expected against what is there. */
export function driftOf(expected: SchemaOutline, live: SchemaOutline): Fault[] {
  const faults: Fault[] = []
  for (const [name, table] of Object.entries(expected.tables)) {
    const there = Object.hasOwn(live.tables, name) ? live.tables[name] : undefined
    if (there) faults.push(...tableDrift(name, table, there))
    else faults.push({ path: name, message: 'the table was dropped by hand' })
  }
  for (const name of Object.keys(live.tables)) {
    if (!Object.hasOwn(expected.tables, name)) faults.push({ path: name, message: 'the table was added by hand' })
  }
  for (const [name, definition] of Object.entries(expected.views)) {
    const there = Object.hasOwn(live.views, name) ? live.views[name] : undefined
    if (there === undefined) faults.push({ path: name, message: 'the view was dropped by hand' })
    else if (there !== requalified(definition, expected.qualifier, live.qualifier)) {
      faults.push({ path: name, message: 'the view was changed by hand' })
    }
  }
  for (const name of Object.keys(live.views)) {
    if (!Object.hasOwn(expected.views, name)) faults.push({ path: name, message: 'the view was added by hand' })
  }
  return faults
}

function tableDrift(name: string, expected: TableOutline, live: TableOutline): Fault[] {
  const isStoodInFor = (index: TableOutline['indexes'][number]) =>
    !index.unique &&
    live.indexes.some((other) => sameNames(other.columns.slice(0, index.columns.length), index.columns))
  return [
    ...columnDrift(expected.columns, live.columns),
    ...(sameNames(expected.primaryKey, live.primaryKey) ? [] : ['the primary key was changed by hand']),
    // MySQL lets the index of a foreign key go when another one that begins with its columns comes.
    ...listDrift(
      expected.indexes.filter((index) => !isStoodInFor(index)),
      live.indexes,
      indexKey,
      indexText,
      expected.indexes,
    ),
    ...listDrift(expected.foreignKeys, live.foreignKeys, foreignKeyKey, (key) => `foreign key ${foreignKeyText(key)}`),
    ...(expected.options === live.options ? [] : [`the options of the table were changed by hand to ${live.options}`]),
    ...listDrift(
      expected.extras,
      live.extras,
      (extra) => extra,
      (extra) => extra,
    ),
  ].map((message) => ({ path: name, message }))
}

function columnDrift(expected: TableOutline['columns'], live: TableOutline['columns']): string[] {
  const before = new Map(expected.map(([name, definition]) => [lower(name), definition]))
  const now = new Map(live.map(([name, definition]) => [lower(name), definition]))
  return [
    ...expected.flatMap(([name, definition]) => {
      const there = now.get(lower(name))
      if (there === undefined) return [`the column ${name} was dropped by hand`]
      return there === definition ? [] : [`the column ${name} was changed by hand: it is now ${there}`]
    }),
    ...live.flatMap(([name]) => (before.has(lower(name)) ? [] : [`the column ${name} was added by hand`])),
  ]
}

function listDrift<T>(
  expected: readonly T[],
  live: readonly T[],
  keyOf: (item: T) => string,
  textOf: (item: T) => string,
  known: readonly T[] = expected,
): string[] {
  const there = new Set(live.map(keyOf))
  const before = new Set(known.map(keyOf))
  return [
    ...expected.flatMap((item) => (there.has(keyOf(item)) ? [] : [`the ${textOf(item)} was dropped by hand`])),
    ...live.flatMap((item) => (before.has(keyOf(item)) ? [] : [`the ${textOf(item)} was added by hand`])),
  ]
}
