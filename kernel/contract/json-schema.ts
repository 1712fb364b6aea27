import { type ColumnSpec, now } from './columns.js'
import { integerRange } from './integer-ranges.js'

/** A JSON Schema (draft 7, as Fastify takes it). */
export type JsonSchema = Readonly<Record<string, unknown>>

/** The schema of an object; its properties may be picked for a schema of one's own. */
export interface ObjectSchema extends JsonSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, JsonSchema>>
}

/** Bytes have no form in JSON: blob columns are in none of these. */
export interface TableSchemas {
  /** One row as a response shows it; password columns are left out. */
  readonly row: ObjectSchema
  /** An array of rows. */
  readonly rows: JsonSchema
  /** The body of an insert: no auto-increment column, no unknown property. */
  readonly insert: ObjectSchema
  /** The body of an update: the same, every property optional, at least one given. */
  readonly update: ObjectSchema
}

export function tableSchemas(columns: Readonly<Record<string, ColumnSpec>>): TableSchemas {
  const spoken = Object.entries(columns).filter(([, spec]) => spec.type !== 'blob')
  const shown = spoken.filter(([, spec]) => spec.type !== 'password')
  const settable = spoken.filter(([, spec]) => !spec.autoIncrement)
  const required = settable.filter(([, spec]) => !spec.nullable && !('default' in spec)).map(([name]) => name)
  const row = objectSchema(Object.fromEntries(shown.map(([name, spec]) => [name, valueSchema(spec)])))
  const properties = Object.fromEntries(settable.map(([name, spec]) => [name, inputSchema(spec)]))
  // Ajv fills in defaults where it finds them: in an insert that is wanted, in an update it would undo what is there.
  const inserted = Object.fromEntries(settable.map(([name, spec]) => [name, withDefault(spec, properties[name] ?? {})]))
  return Object.freeze({
    row,
    rows: Object.freeze({ type: 'array', items: row }),
    insert: objectSchema(inserted, { additionalProperties: false, required }),
    update: objectSchema(properties, { additionalProperties: false, minProperties: 1 }),
  })
}

function objectSchema(properties: Record<string, JsonSchema>, more: JsonSchema = {}): ObjectSchema {
  return Object.freeze({ type: 'object', ...more, properties: Object.freeze(properties) })
}

function valueSchema(spec: ColumnSpec): JsonSchema {
  return withNull(spec, baseSchema(spec))
}

function inputSchema(spec: ColumnSpec): JsonSchema {
  const base = { ...baseSchema(spec), ...limits(spec) }
  // JSON numbers end at 2⁵³; decimal text is taken as well, and is what rows show. Text comes first:
  // a validator that coerces types would turn it into a number, and round it.
  const schema: JsonSchema =
    spec.type === 'bigint' || spec.type === 'decimal' ? { anyOf: [base, { type: 'number' }] } : base
  return withNull(spec, schema)
}

function withDefault(spec: ColumnSpec, schema: JsonSchema): JsonSchema {
  return 'default' in spec && spec.default !== now ? { ...schema, default: spec.default } : schema
}

function baseSchema(spec: ColumnSpec): JsonSchema {
  switch (spec.type) {
    case 'int':
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'id':
      return { type: 'integer' }
    case 'float':
    case 'double':
      return { type: 'number' }
    case 'bigint':
      return { type: 'string', pattern: '^-?[0-9]{1,20}$' }
    case 'decimal':
      return { type: 'string', pattern: '^-?[0-9]{1,65}(\\.[0-9]{1,30})?$' }
    case 'boolean':
      return { type: 'boolean' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'time':
      return { type: 'string', pattern: '^-?[0-9]{2,3}:[0-5][0-9]:[0-5][0-9]$' }
    case 'datetime':
      return { type: 'string', format: 'date-time' }
    case 'enum':
      return { type: 'string', enum: spec.values }
    case 'json':
      return {}
    default:
      return { type: 'string' }
  }
}

/** Limits and formats bind what comes in; a row that is there is shown as it is. Lengths of custom types are the model's. */
function limits(spec: ColumnSpec): JsonSchema {
  switch (spec.type) {
    case 'varchar':
      return { maxLength: spec.length }
    case 'email':
      return { format: 'email' }
    case 'link':
      return { format: 'uri' }
    default: {
      const range = spec.type === 'bigint' ? undefined : integerRange(spec)
      return range ? { minimum: Number(range.least), maximum: Number(range.most) } : {}
    }
  }
}

/** `nullable` is read by fast-json-stringify; a type list is plain JSON Schema and is read by both. */
function withNull(spec: ColumnSpec, schema: JsonSchema): JsonSchema {
  if (!spec.nullable) return schema
  if (typeof schema.type === 'string' && !('enum' in schema)) return { ...schema, type: [schema.type, 'null'] }
  if ('enum' in schema) return { ...schema, type: ['string', 'null'], enum: [...(schema.enum as string[]), null] }
  return 'anyOf' in schema ? { ...schema, anyOf: [...(schema.anyOf as JsonSchema[]), { type: 'null' }] } : schema
}
