import type { Fault } from '../errors.js'
import { isDatabaseIdentifier } from '../names.js'
import { type ColumnSpec, type ColumnType, now } from './columns.js'

const INTEGERS: readonly ColumnType[] = ['int', 'tinyint', 'smallint', 'mediumint', 'bigint', 'id']
const NUMBERS: readonly ColumnType[] = [...INTEGERS, 'float', 'double', 'decimal']
/** MySQL gives these no literal default: https://dev.mysql.com/doc/refman/8.0/en/data-type-defaults.html */
const WITHOUT_DEFAULT: readonly ColumnType[] = ['text', 'json', 'blob']

/** Every fault of a table's columns, each with its place. */
export function columnFaults(columns: Readonly<Record<string, ColumnSpec>>): Fault[] {
  const faults: Fault[] = []
  const seen = new Set<string>()
  let numbered = 0
  for (const [name, spec] of Object.entries(columns)) {
    const fault = (message: string) => faults.push({ path: `columns.${name}`, message })
    if (!isDatabaseIdentifier(name)) fault('its name must be a letter, then letters, digits or _, at most 64')
    if (name === 'main_seed') fault('main_seed is the mark of seeded rows: choose another name')
    if (seen.has(name.toLowerCase())) fault('is declared twice: column names do not differ by case alone')
    seen.add(name.toLowerCase())
    if (spec.unsigned && !NUMBERS.includes(spec.type)) fault(`${spec.type} cannot be unsigned: only numbers can`)
    if (spec.autoIncrement) {
      numbered++
      if (!INTEGERS.includes(spec.type)) fault('only an integer column can be auto-increment')
      if (!spec.primary) fault('an auto-increment column must be the primary key')
    }
    if (spec.primary && spec.nullable) fault('a primary key cannot be nullable')
    if (spec.renamedFrom !== undefined && !isDatabaseIdentifier(spec.renamedFrom)) {
      fault('renamedFrom must be the former name of the column')
    }
    for (const message of [...sizeFaults(spec), ...defaultFaults(spec)]) fault(message)
  }
  const keyed = Object.values(columns).filter((spec) => spec.primary).length
  if (numbered > 1) faults.push({ path: 'columns', message: 'only one column can be auto-increment' })
  if (numbered === 1 && keyed > 1) {
    faults.push({ path: 'columns', message: 'an auto-increment column must be the whole primary key' })
  }
  return faults
}

function sizeFaults(spec: ColumnSpec): string[] {
  switch (spec.type) {
    case 'varchar':
      return isCount(spec.length, 16_383) ? [] : ['the length of a varchar is 1 to 16383']
    case 'decimal':
      return isCount(spec.precision, 65) && isCount((spec.scale ?? 0) + 1, Math.min(31, (spec.precision ?? 0) + 1))
        ? []
        : ['decimal(precision, scale) takes 1 to 65 digits, 0 to 30 of them (and no more than all) behind the point']
    case 'enum': {
      const values = spec.values ?? []
      const distinct = new Set(values.map((value) => String(value).toLowerCase()))
      return values.length > 0 && distinct.size === values.length && values.every((value) => typeof value === 'string')
        ? []
        : ['an enum needs at least one value, each a different string']
    }
    default:
      return []
  }
}

function defaultFaults(spec: ColumnSpec): string[] {
  if (!('default' in spec)) return []
  if (spec.default === now) return spec.type === 'datetime' ? [] : ['only a datetime can default to now']
  if (WITHOUT_DEFAULT.includes(spec.type)) return [`a ${spec.type} column cannot have a default on every engine`]
  if (spec.autoIncrement) return ['an auto-increment column has no default']
  if (spec.default === null) return spec.nullable ? [] : ['its default is null, but it is not nullable']
  if (spec.type === 'enum' && !spec.values?.includes(String(spec.default))) return ['its default is none of its values']
  if (spec.type === 'boolean' && typeof spec.default !== 'boolean') return ['its default must be true or false']
  if (NUMBERS.includes(spec.type) && !Number.isFinite(Number(spec.default))) return ['its default must be a number']
  return []
}

function isCount(value: number | undefined, most: number): boolean {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= most
}
