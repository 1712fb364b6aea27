import type { ColumnType } from '../../kernel/contract/columns.js'
import { isInteger } from './kinds.js'
import type { Column, Kind, World } from './world.js'

const SIZES: readonly ColumnType[] = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint']
const LENGTHS = [1, 5, 10, 20, 50, 255]
const MORE_WORDS = ['first', 'z', 'Other']

/** Another kind of the same family. */
export function resized(kind: Kind, by: number): Kind {
  const { unsigned, zerofill, ...plain } = kind
  if (isInteger(kind)) {
    if (by % 4 === 3)
      return unsigned ? { ...plain, type: plain.type === 'id' ? 'int' : plain.type } : { ...plain, unsigned: true }
    const type = SIZES[by % SIZES.length] ?? 'int'
    return { ...plain, type, ...(unsigned ? { unsigned } : {}), ...(zerofill ? { zerofill } : {}) }
  }
  switch (kind.type) {
    case 'varchar':
      return { ...plain, length: LENGTHS[by % LENGTHS.length] ?? 20 }
    case 'decimal': {
      const scale = by % 5
      return { ...kind, scale, precision: Math.max(scale + 1, (kind.precision ?? 10) + (by % 7) - 2) }
    }
    case 'float':
    case 'double':
      return { ...kind, type: kind.type === 'float' ? 'double' : 'float' }
    case 'enum': {
      const values = kind.values ?? []
      if (by % 3 === 0) return { ...kind, values: [...values.toReversed()] }
      if (by % 3 === 1) return { ...kind, values: values.length > 1 ? values.slice(1) : values }
      const word = MORE_WORDS[by % MORE_WORDS.length] ?? 'z'
      return { ...kind, values: values.includes(word) ? values : values.toSpliced(by % (values.length + 1), 0, word) }
    }
    case 'email':
    case 'phone':
    case 'ip':
    case 'link':
    case 'password':
      return { type: 'varchar', length: LENGTHS[by % LENGTHS.length] ?? 20 }
    default:
      return { type: 'text' }
  }
}

/** The world with the column of that kind and, `along`, those that foreign keys tie to it. */
export function alongReferences(world: World, column: Column, kind: Kind, along: boolean): World {
  const tied = new Set([column.id])
  for (let size = 0; along && size < tied.size; ) {
    size = tied.size
    for (const { id, reference } of world.tables.flatMap(({ columns }) => columns)) {
      if (!reference) continue
      if (tied.has(id)) tied.add(reference.column)
      else if (tied.has(reference.column)) tied.add(id)
    }
  }
  return {
    ...world,
    tables: world.tables.map((table) => ({
      ...table,
      columns: table.columns.map((own): Column => {
        if (!tied.has(own.id) || own.implicit) return own
        // A default of the former kind is hardly one of the new.
        const { default: _former, ...rest } = own
        return { ...rest, kind }
      }),
    })),
  }
}
