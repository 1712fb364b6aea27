import type { LiveColumn, LiveSchema, LiveTable } from '../../kernel/engines/live-schema.js'

export const liveColumn = (name: string, over: Partial<LiveColumn> = {}): LiveColumn => ({
  name,
  type: 'int',
  definition: 'int not null',
  domain: { kind: 'integer', least: -(2n ** 31n), most: 2n ** 31n - 1n },
  nullable: false,
  hasDefault: false,
  autoIncrement: name === 'id',
  generated: false,
  ...over,
})

export const liveTable = (columns: readonly (string | LiveColumn)[], over: Partial<LiveTable> = {}): LiveTable => ({
  columns: columns.map((column) => (typeof column === 'string' ? liveColumn(column) : column)),
  primaryKey: ['id'],
  indexes: [],
  foreignKeys: [],
  options: '',
  extras: [],
  ...over,
})

/** A database of whole-number columns. */
export const liveOf = (tables: Readonly<Record<string, readonly string[]>>, foldsNames = false): LiveSchema => ({
  foldsNames,
  qualifier: '',
  tables: Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, liveTable(columns)])),
  views: {},
})
