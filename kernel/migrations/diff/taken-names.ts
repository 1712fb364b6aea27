import type { TableChange } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveIndex, LiveTable } from '../../engines/live-schema.js'
import { foreignKeyKey, indexKey, lower } from './names.js'

/**
 * What stays keeps its name, that of a former table or column perhaps. Where an index or a foreign key is to be made
 * under such a name, the one that has it is dropped and made again under its own. Names are one space a database:
 * SQLite's of indexes, InnoDB's of foreign keys.
 */
export function withFreeNames(changes: readonly TableChange[], created: readonly LiveTable[]): TableChange[] {
  let current = [...changes]
  for (;;) {
    const making = {
      indexes: namesOf([...created.flatMap(({ indexes }) => indexes), ...current.flatMap((each) => each.addedIndexes)]),
      foreignKeys: namesOf([
        ...created.flatMap(({ foreignKeys }) => foreignKeys),
        ...current.flatMap((each) => each.addedForeignKeys),
      ]),
    }
    const next = current.map((change) => moved(change, making))
    if (next.every((change, i) => change === current[i])) return current
    current = next
  }
}

/** Whether the table has names that are about to be given out. */
export function holdsNames(table: LiveTable, made: readonly (readonly (LiveIndex | LiveForeignKey)[])[]): boolean {
  const names = namesOf(made.flat())
  return [...table.indexes, ...table.foreignKeys].some(({ name }) => names.has(lower(name)))
}

interface Making {
  readonly indexes: ReadonlySet<string>
  readonly foreignKeys: ReadonlySet<string>
}

function moved(change: TableChange, making: Making): TableChange {
  const indexes = inTheWay(change.live.indexes, change.wanted.indexes, change.addedIndexes, making.indexes, indexKey)
  const keys = inTheWay(
    change.live.foreignKeys,
    change.wanted.foreignKeys,
    change.addedForeignKeys,
    making.foreignKeys,
    foreignKeyKey,
  )
  if (indexes.length === 0 && keys.length === 0) return change
  return {
    ...change,
    droppedIndexes: [...change.droppedIndexes, ...indexes.map(({ live }) => live)],
    addedIndexes: [...change.addedIndexes, ...indexes.map(({ wanted }) => wanted)],
    droppedForeignKeys: [...change.droppedForeignKeys, ...keys.map(({ live }) => live)],
    addedForeignKeys: [...change.addedForeignKeys, ...keys.map(({ wanted }) => wanted)],
  }
}

function inTheWay<T extends LiveIndex | LiveForeignKey>(
  live: readonly T[],
  wanted: readonly T[],
  added: readonly T[],
  making: ReadonlySet<string>,
  keyOf: (item: T) => string,
): { readonly live: T; readonly wanted: T }[] {
  return live.flatMap((each) => {
    const counterpart = wanted.find((other) => keyOf(other) === keyOf(each))
    if (!counterpart || added.includes(counterpart) || !making.has(lower(each.name))) return []
    return lower(counterpart.name) === lower(each.name) ? [] : [{ live: each, wanted: counterpart }]
  })
}

function namesOf(items: readonly { readonly name: string }[]): Set<string> {
  return new Set(items.flatMap(({ name }) => (name === '' ? [] : [lower(name)])))
}
