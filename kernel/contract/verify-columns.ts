import type { Fault } from '../errors.js'
import { isDatabaseIdentifier } from '../names.js'
import { type ColumnSpec, type ColumnType, now } from './columns.js'
import { valueFault } from './validate-row.js'

const INTEGERS: readonly ColumnType[] = ['int', 'tinyint', 'smallint', 'mediumint', 'bigint', 'id']
const NUMBERS: readonly ColumnType[] = [...INTEGERS, 'float', 'double', 'decimal']
/** MySQL gives these no literal default: https://dev.mysql.com/doc/refman/8.0/en/data-type-defaults.html */
const WITHOUT_DEFAULT: readonly ColumnType[] = ['text', 'json', 'blob']
/** MySQL indexes these by a prefix only, which the product does not offer. */
const WITHOUT_INDEX: readonly ColumnType[] = ['text', 'json', 'blob']
/** 3072 bytes of four a character: https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html */
const MOST_INDEXED_CHARACTERS = 768

/** Every fault of a table's columns, each with its place. */
export function columnFaults(columns: Readonly<Record<string, ColumnSpec>>): Fault[] {
  const faults: Fault[] = []
  const seen = new Set<string>()
  let numbered = 0
  for (const [name, spec] of Object.entries(columns)) {
    const fault = (message: string) => faults.push({ path: `columns.${name}`, message })
    if (!isDatabaseIdentifier(name)) fault('its name must be a letter, then letters, digits or _, at most 64')
    // `constructor`, `toString`: a row that leaves the column out would seem to hold one, to Sequelize and Ajv alike.
    if (name in Object.prototype) fault('every JavaScript object has a property of this name: choose another one')
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
    const { onDelete, onUpdate } = spec.references ?? {}
    if (!spec.nullable && (onDelete === 'set null' || onUpdate === 'set null')) {
      fault("'set null' needs a nullable column")
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
      const faults = []
      if (values.length === 0 || distinct.size < values.length || !values.every((value) => typeof value === 'string')) {
        faults.push('an enum needs at least one value, each a different string, in more than upper and lower case')
      }
      // MySQL drops blanks at the end: https://dev.mysql.com/doc/refman/8.0/en/enum.html
      if (values.some((value) => !/^(?!.* $)[^\0]{0,255}$/su.test(String(value)))) {
        faults.push('the values of an enum have 255 characters at most, no NUL, and no blank at the end')
      }
      return faults
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
  const message = valueFault(spec, spec.default)
  return message ? [`its default ${message}`] : []
}

/** What is wrong with the keys of a table, `.primary()`, `.unique()` and `.index()` of single columns included. */
export function indexFaults(
  columns: Readonly<Record<string, ColumnSpec>>,
  indexes: readonly { readonly columns: readonly string[] }[],
): Fault[] {
  const primary = Object.keys(columns).filter((name) => columns[name]?.primary)
  const single = Object.keys(columns).filter((name) => columns[name]?.unique || columns[name]?.index)
  const keys = [
    { path: 'columns', columns: primary },
    ...single.map((name) => ({ path: `columns.${name}`, columns: [name] })),
    ...indexes.map((index, i) => ({ path: `indexes[${i}]`, columns: index.columns })),
  ]
  return keys.flatMap(({ path, columns: names }) => keyFaults(columns, names).map((message) => ({ path, message })))
}

function keyFaults(columns: Readonly<Record<string, ColumnSpec>>, names: readonly string[]): string[] {
  const faults: string[] = []
  let characters = 0
  for (const [i, name] of names.entries()) {
    const spec = Object.hasOwn(columns, name) ? columns[name] : undefined
    if (names.indexOf(name) !== i) faults.push(`names ${name} twice`)
    if (spec === undefined) faults.push(`names no column of the table: ${name}`)
    else if (WITHOUT_INDEX.includes(spec.type)) faults.push(`a ${spec.type} column cannot be part of a key: ${name}`)
    else if (spec.type === 'varchar') characters += spec.length ?? 0
  }
  if (characters > MOST_INDEXED_CHARACTERS) {
    faults.push(`a key holds ${MOST_INDEXED_CHARACTERS} characters at most, these columns have ${characters}`)
  }
  return faults
}

function isCount(value: number | undefined, most: number): boolean {
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= most
}
