import type { ColumnSpec } from '../../contract/columns.js'
import type { TableSpec } from '../../contract/table-spec.js'
import { type Fault, M3Error } from '../../errors.js'
import { characterWidth } from './collation.js'
import { isBeyondPlane } from './column-sql.js'

/** `tenants.settings` of the configuration. */
export interface TableSettings {
  readonly engine: string
  readonly collation: string
}

/** InnoDB's, for its standard page of 16 KB: https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html */
const MAX_KEY_BYTES = 3072

const BYTES: Readonly<Partial<Record<ColumnSpec['type'], number>>> = {
  tinyint: 1,
  boolean: 1,
  enum: 2,
  smallint: 2,
  mediumint: 3,
  date: 3,
  time: 3,
  int: 4,
  id: 4,
  float: 4,
  datetime: 7,
  bigint: 8,
  double: 8,
}

/** Throws MODULE_INVALID, with each key that is too long and each word that the server would not tell of. */
export function refuseOversized(table: TableSpec, { collation }: TableSettings): void {
  const faults = [...indexFaults(table, characterWidth(collation)), ...wordFaults(table)]
  if (faults.length > 0) throw new M3Error('MODULE_INVALID', `MySQL cannot hold the table ${table.name}`, { faults })
}

/**
 * What InnoDB cannot index. The servers differ in what they make of it: MySQL refuses, MariaDB cuts an index short
 * with a warning, or builds a unique key that no foreign key may refer to.
 */
function indexFaults(table: TableSpec, characterWidth: number): Fault[] {
  const keys = [
    { name: 'the primary key', columns: table.primaryKey },
    ...table.indexes.map(({ columns }) => ({ name: `the index on ${columns.join(', ')}`, columns })),
    ...Object.entries(table.columns)
      .filter(([, spec]) => spec.references)
      .map(([column]) => ({ name: `the foreign key ${column}`, columns: [column] })),
  ]
  return keys.flatMap(({ name, columns }): Fault[] => {
    const path = `${table.name}.${columns.join('+')}`
    const specs = columns.flatMap((column) => table.columns[column] ?? [])
    const without = specs.find(({ type }) => type === 'text' || type === 'json' || type === 'blob')
    if (without) return [{ path, message: `${name}: MySQL cannot index a ${without.type} column; use varchar` }]
    const bytes = specs.reduce((sum, spec) => sum + keyBytes(spec, characterWidth), 0)
    if (bytes <= MAX_KEY_BYTES) return []
    const most = Math.floor(MAX_KEY_BYTES / characterWidth)
    const message = `${name} takes up to ${bytes} bytes and MySQL allows ${MAX_KEY_BYTES}: ${most} characters in all`
    return [{ path, message }]
  })
}

/** The server tells of types in its own three-byte characters: enums that differ in longer ones would look the same. */
function wordFaults(table: TableSpec): Fault[] {
  return Object.entries(table.columns).flatMap(([column, { values = [] }]): Fault[] => {
    const word = values.find(isBeyondPlane)
    if (word === undefined) return []
    const message = `MySQL shows the word ${word} of the enum as question marks: use one without emoji and the like`
    return [{ path: `${table.name}.${column}`, message }]
  })
}

function keyBytes(spec: ColumnSpec, characterWidth: number): number {
  // Nine digits in four bytes: https://dev.mysql.com/doc/refman/8.0/en/storage-requirements.html
  if (spec.type === 'decimal') return Math.ceil(((spec.precision ?? 10) / 9) * 4) + 1
  return BYTES[spec.type] ?? (spec.length ?? 255) * characterWidth
}
