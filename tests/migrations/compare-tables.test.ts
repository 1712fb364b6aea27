import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { int } from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { resolveTable } from '../../kernel/contract/table-spec.js'
import type { LiveForeignKey, LiveIndex } from '../../kernel/engines/live-schema.js'
import { compareTables, isChange } from '../../kernel/migrations/diff/compare-tables.js'
import { withRelinked } from '../../kernel/migrations/diff/relinked-keys.js'
import { withFreeNames } from '../../kernel/migrations/diff/taken-names.js'
import { LENGTHS } from '../support/schemas.js'
import { liveColumn, liveTable } from './live-tables.js'

const spec = (name = 'things') => resolveTable(defineTable(name, { columns: { a: int() } }), LENGTHS, false)
const index = (name: string, columns: string[], over: Partial<LiveIndex> = {}): LiveIndex => ({
  name,
  columns,
  unique: false,
  special: '',
  ...over,
})
const key = (name: string, column: string, table: string, over: Partial<LiveForeignKey> = {}): LiveForeignKey => ({
  name,
  columns: [column],
  table,
  targets: ['id'],
  onDelete: 'RESTRICT',
  onUpdate: 'RESTRICT',
  ...over,
})
const recorded = (live: ReturnType<typeof liveTable>) => ({
  modules: ['a@v1'],
  columns: live.columns.map(({ name }) => name),
  indexes: live.indexes,
  foreignKeys: live.foreignKeys,
})

describe('a table is as declared', () => {
  const cases: [string, ReturnType<typeof liveTable>, ReturnType<typeof liveTable>][] = [
    ['whatever the order and the letters of its columns', liveTable(['id', 'a', 'b']), liveTable(['B', 'id', 'A'])],
    [
      'whatever the names of its keys',
      liveTable(['id'], { indexes: [index('x', ['id', 'a'])], foreignKeys: [key('x', 'a', 'b')] }),
      liveTable(['id'], { indexes: [index('y', ['ID', 'A'])], foreignKeys: [key('y', 'A', 'B')] }),
    ],
    ['whatever else its columns say of themselves', liveTable(['id']), liveTable([liveColumn('id', { type: 'INT' })])],
    [
      'whatever was added by hand',
      liveTable(['id']),
      liveTable(['id', 'more'], { indexes: [index('i', ['more'])], extras: ['x'] }),
    ],
  ]
  for (const [what, wanted, live] of cases) {
    test(what, () => assert.equal(isChange(compareTables(spec(), wanted, live, recorded(wanted))), false))
  }
})

describe('it is not', () => {
  const base = liveTable(['id', 'a'], { indexes: [index('i', ['a'])], foreignKeys: [key('f', 'a', 'b')] })
  const cases: [string, ReturnType<typeof liveTable>][] = [
    ['if a column is missing', { ...base, columns: [liveColumn('id')] }],
    [
      'if a column has another definition',
      { ...base, columns: [liveColumn('id'), liveColumn('a', { definition: 'x' })] },
    ],
    ['if an index is unique', { ...base, indexes: [index('i', ['a'], { unique: true })] }],
    ['if an index is of a special kind', { ...base, indexes: [index('i', ['a'], { special: 'FULLTEXT' })] }],
    ['if a foreign key does something else', { ...base, foreignKeys: [key('f', 'a', 'b', { onDelete: 'CASCADE' })] }],
    ['if the primary key has another order', { ...base, primaryKey: ['a', 'id'] }],
    ['if it has other options', { ...base, options: 'MyISAM' }],
  ]
  for (const [what, live] of cases) {
    test(what, () => assert.equal(isChange(compareTables(spec(), base, live, undefined)), true))
  }
})

test('what is dropped was declared before, or stands on a column that goes', () => {
  const live = liveTable(['id', 'old', 'hand', 'main_seed'], {
    indexes: [index('ours', ['id', 'hand']), index('hand', ['hand']), index('on_old', ['old', 'id'])],
    foreignKeys: [key('f', 'old', 'others'), key('g', 'hand', 'others')],
  })
  const before = {
    ...recorded(live),
    columns: ['id', 'OLD', 'main_seed'],
    indexes: [index('', ['ID', 'hand'])],
    foreignKeys: [],
  }
  const change = compareTables(spec(), liveTable(['id']), live, before)
  assert.deepEqual(change.droppedColumns, ['old'])
  assert.deepEqual(
    [change.droppedIndexes, change.droppedForeignKeys].map((list) => list.map(({ name }) => name)),
    [['ours', 'on_old'], ['f']],
  )
  assert.equal(isChange(compareTables(spec(), liveTable(['id']), live, undefined)), false)
})

test('an index that a foreign key by hand stands on stays', () => {
  const live = liveTable(['id', 'a'], { indexes: [index('ours', ['a'])], foreignKeys: [key('hand', 'a', 'others')] })
  const change = compareTables(spec(), liveTable(['id', 'a']), live, { ...recorded(live), foreignKeys: [] })
  assert.deepEqual(change.droppedIndexes, [])
})

test('foreign keys of columns that change their type are let go of meanwhile, on both sides', () => {
  const bigger = liveColumn('id', { type: 'bigint', definition: 'bigint' })
  const parents = compareTables(spec('parents'), liveTable([bigger]), liveTable(['id']), undefined)
  const table = liveTable(['id', 'a'], { foreignKeys: [key('f', 'a', 'parents'), key('g', 'a', 'others')] })
  const children = compareTables(spec('children'), table, table, undefined)
  const relinked = withRelinked({ foldsNames: false }, [parents, children]).map(
    ({ relinkedForeignKeys }) => relinkedForeignKeys,
  )
  assert.deepEqual(relinked, [[], [key('f', 'a', 'parents')]])
})

test('a foreign key makes room for one that needs its name', () => {
  const live = liveTable(['id', 'a'], { foreignKeys: [key('fk.old', 'a', 'others')] })
  const wanted = liveTable(['id', 'a'], { foreignKeys: [key('fk.new', 'a', 'others')] })
  const change = compareTables(spec(), wanted, live, undefined)
  assert.equal(isChange(change), false)
  const created = liveTable(['id'], { foreignKeys: [key('FK.old', 'id', 'others')] })
  const [moved] = withFreeNames([change], [created])
  assert.deepEqual([moved?.droppedForeignKeys, moved?.addedForeignKeys], [live.foreignKeys, wanted.foreignKeys])
  assert.deepEqual(withFreeNames([change], []), [change])
})
