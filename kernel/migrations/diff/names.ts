import type { LiveForeignKey, LiveIndex, LiveSchema } from '../../engines/live-schema.js'

/** Names of columns, indexes and constraints do not differ by case alone on any engine. */
export function lower(name: string): string {
  return name.toLowerCase()
}

/** A name of a table or view in the form in which the names of this database are compared. */
export function nameIn(live: Pick<LiveSchema, 'foldsNames'>, name: string): string {
  return live.foldsNames ? lower(name) : name
}

/** What stands under a name in a record of tables or views, as this database compares names. */
export function find<T>(
  live: Pick<LiveSchema, 'foldsNames'>,
  among: Readonly<Record<string, T>>,
  name: string,
): { readonly name: string; readonly value: T } | undefined {
  if (Object.hasOwn(among, name)) return { name, value: among[name] as T }
  if (!live.foldsNames) return undefined
  const found = Object.entries(among).find(([each]) => lower(each) === lower(name))
  return found && { name: found[0], value: found[1] }
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => lower(name) === lower(b[i] ?? ''))
}

/** Equal for indexes that do the same, whatever their names. */
export function indexKey({ unique, columns, special }: Omit<LiveIndex, 'name'>): string {
  return JSON.stringify([unique, columns.map(lower), special])
}

/** Equal for foreign keys that do the same, whatever their names. */
export function foreignKeyKey(key: Omit<LiveForeignKey, 'name'>): string {
  const { columns, table, targets, onDelete, onUpdate } = key
  return JSON.stringify([columns.map(lower), lower(table), targets.map(lower), onDelete, onUpdate])
}
