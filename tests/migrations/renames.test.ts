import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { id, int } from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { resolveTable } from '../../kernel/contract/table-spec.js'
import { findRenames, renamed } from '../../kernel/migrations/diff/renames.js'
import { LENGTHS } from '../support/schemas.js'
import { liveOf } from './live-tables.js'

/** Of tables with one column each, by name and former name. */
const tables = (...declared: [name: string, renamedFrom?: string][]) =>
  declared.map(([name, renamedFrom]) => {
    const table = defineTable(name, { columns: { a: int() }, ...(renamedFrom ? { renamedFrom } : {}) })
    return resolveTable(table, LENGTHS, false)
  })

const tableRenames = (specs: ReturnType<typeof tables>, live: readonly string[], foldsNames = false) =>
  findRenames(specs, liveOf(Object.fromEntries(live.map((name) => [name, ['id', 'a']])), foldsNames)).tables.map(
    ({ from, to }) => `${from} → ${to}`,
  )

describe('a table is renamed', () => {
  const cases: [string, ReturnType<typeof tables>, string[], string[]][] = [
    ['if its name is free and the former one is there', tables(['b', 'a']), ['a'], ['a → b']],
    ['unless it is there already', tables(['b', 'a']), ['a', 'b'], []],
    ['unless there is nothing of the former name', tables(['b', 'a']), ['c'], []],
    ['unless the former one is still declared', tables(['b', 'a'], ['a']), ['a'], []],
    ['once, for the first that wants it', tables(['b', 'a'], ['c', 'a']), ['a'], ['a → b']],
    ['behind the one whose name it takes', tables(['b', 'a'], ['c', 'b']), ['a', 'b'], ['b → c', 'a → b']],
    ['not along a chain whose end is not there', tables(['b', 'a'], ['c', 'b']), ['b'], []],
    ['further along a chain that a kill cut', tables(['b', 'a'], ['c', 'b']), ['a', 'c'], ['a → b']],
    ['not in a ring', tables(['b', 'a'], ['a', 'b']), ['a', 'b'], []],
    ['if it is written in other letters', tables(['Notes']), ['notes'], ['notes → Notes']],
  ]
  for (const [when, specs, live, expected] of cases) {
    test(when, () => assert.deepEqual(tableRenames(specs, live), expected))
  }

  test('not for other letters where these are one name', () => {
    assert.deepEqual(tableRenames(tables(['Notes']), ['notes'], true), [])
  })
})

describe('a column is renamed', () => {
  const columnRenames = (columns: Parameters<typeof defineTable>[1]['columns'], live: readonly string[]) => {
    const spec = resolveTable(defineTable('notes', { columns }), LENGTHS, false)
    return findRenames([spec], liveOf({ notes: live })).columns.map(({ from, to }) => `${from} → ${to}`)
  }

  test('by its former name, in chains from their end', () => {
    const columns = { b: int().renamedFrom('a'), c: int().renamedFrom('b') }
    assert.deepEqual(columnRenames(columns, ['id', 'a', 'b']), ['b → c', 'a → b'])
    assert.deepEqual(columnRenames(columns, ['id', 'a', 'c']), ['a → b'])
    assert.deepEqual(columnRenames(columns, ['id', 'b', 'c']), [])
    assert.deepEqual(columnRenames(columns, ['id', 'a']), ['a → b'])
  })

  test('whatever the letters, and to other letters', () => {
    assert.deepEqual(columnRenames({ title: int().renamedFrom('Heading') }, ['id', 'heading']), ['heading → title'])
    assert.deepEqual(columnRenames({ Title: int() }, ['id', 'title']), ['title → Title'])
    assert.deepEqual(columnRenames({ Title: int().renamedFrom('head') }, ['id', 'title', 'head']), ['title → Title'])
  })
})

test('keys, indexes and references follow what is renamed', () => {
  const live = liveOf({ pages: ['id', 'a'], links: ['id', 'page_id'] })
  const pages = { ...live.tables.pages, indexes: [{ name: 'i', columns: ['a'], unique: true, special: '' }] }
  const key = { name: 'f', columns: ['page_id'], table: 'pages', targets: ['a'], onDelete: 'CASCADE', onUpdate: '' }
  const before = { ...live, tables: { pages, links: { ...live.tables.links, foreignKeys: [key] } } } as typeof live
  const specs = [
    defineTable('notes', { columns: { b: int().renamedFrom('a') }, renamedFrom: 'pages' }),
    defineTable('links', { columns: { note_id: id().renamedFrom('page_id') } }),
  ].map((table) => resolveTable(table, LENGTHS, false))
  const after = renamed(before, findRenames(specs, before))
  assert.deepEqual(Object.keys(after.tables), ['notes', 'links'])
  assert.deepEqual(after.tables.notes?.indexes[0]?.columns, ['b'])
  assert.deepEqual(
    after.tables.notes?.columns.map(({ name }) => name),
    ['id', 'b'],
  )
  assert.deepEqual(after.tables.links?.foreignKeys, [{ ...key, table: 'notes', columns: ['note_id'], targets: ['b'] }])
})
