import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { configSchema } from '../../kernel/config/schema.js'
import { repository } from '../support/app.js'
import { tableOf } from './markdown.js'
import { cannotFollow, followPage } from './page.js'

interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly minLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** The rows of the table but for their meaning: key, type, default. Objects that fill themselves have none of their own. */
function rowsOf(schema: Schema, prefix = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = `${prefix}${name}`
    const own = [key, typeOf(property), schema.required?.includes(name) ? 'required' : defaultOf(property)]
    if (property.type !== 'object') return [own]
    return [...(property.default === undefined ? [own] : []), ...rowsOf(property, `${key}.`)]
  })
}

function typeOf(schema: Schema): string {
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (schema.anyOf) return 'port: a number, or digits in quotes'
  switch (schema.type) {
    case 'string':
      return (schema.minLength ?? 1) > 1 ? `text of at least ${schema.minLength} characters` : 'text'
    case 'boolean':
      return 'true or false'
    case 'array':
      return `list of ${typeOf(schema.items ?? {})}`
    case 'object':
      return 'object'
    default:
      return [schema.type, ...rangeOf(schema)].join(', ')
  }
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string[] {
  if (minimum !== undefined && maximum !== undefined) return [`${minimum} to ${maximum}`]
  return [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
  ]
}

function defaultOf(schema: Schema): string {
  return schema.default === undefined ? 'none' : JSON.stringify(schema.default)
}

test('the table of docs/configuration.md has every key of the schema, with its type and default', async () => {
  const rows = tableOf(await readFile(path.join(repository, 'docs/configuration.md'), 'utf8'), 'key')
  assert.deepEqual(
    rows.map(([key, type, value]) => [key, type, value]),
    rowsOf(configSchema as Schema),
  )
  for (const [key, , , meaning] of rows) assert.ok(meaning, `${key} has no meaning`)
})

test('docs/configuration.md does what it says', { skip: cannotFollow }, () =>
  followPage('docs/configuration.md', { built: true }),
)
