import type { TableChange } from '../../engines/ddl.js'
import type { LiveForeignKey, LiveTable } from '../../engines/live-schema.js'
import { foreignKeyKey, lower } from './names.js'

/**
 * A foreign key that stays keeps its name, that of a former table or column perhaps, and InnoDB's are names of the whole
 * database. Where another one is to be made under such a name, the one that has it is dropped and made again under its
 * own. (Names of indexes are the engines' affair.)
 */
export function withFreeNames(changes: readonly TableChange[], created: readonly LiveTable[]): TableChange[] {
  let current = [...changes]
  for (;;) {
    const making = madeNames(current, created)
    const next = current.map((change) => moved(change, making))
    if (next.every((change, i) => change === current[i])) return current
    current = next
  }
}

/** The names of the foreign keys that are about to be made, in lower case. */
export function madeNames(changes: readonly TableChange[], created: readonly LiveTable[]): Set<string> {
  const keys = [
    ...created.flatMap(({ foreignKeys }) => foreignKeys),
    ...changes.flatMap(({ addedForeignKeys }) => addedForeignKeys),
  ]
  return new Set(keys.flatMap(({ name }) => (name === '' ? [] : [lower(name)])))
}

function moved(change: TableChange, making: ReadonlySet<string>): TableChange {
  const { live, wanted, addedForeignKeys, droppedForeignKeys } = change
  const pairs = live.foreignKeys.flatMap((key): [LiveForeignKey, LiveForeignKey][] => {
    const counterpart = wanted.foreignKeys.find((other) => foreignKeyKey(other) === foreignKeyKey(key))
    if (!counterpart || addedForeignKeys.includes(counterpart) || !making.has(lower(key.name))) return []
    return lower(counterpart.name) === lower(key.name) ? [] : [[key, counterpart]]
  })
  if (pairs.length === 0) return change
  return {
    ...change,
    droppedForeignKeys: [...droppedForeignKeys, ...pairs.map(([key]) => key)],
    addedForeignKeys: [...addedForeignKeys, ...pairs.map(([, counterpart]) => counterpart)],
  }
}
