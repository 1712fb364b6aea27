import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { int } from '../../../kernel/contract/columns.js'
import { defineTable } from '../../../kernel/contract/define-table.js'
import type { LiveForeignKey, LiveSchema } from '../../../kernel/engines/live-schema.js'
import { type PrunableInput, planPruning } from '../../../kernel/migrations/prune/prunable.js'
import { moduleOf, schemaOf } from '../../support/schemas.js'
import { liveOf, liveTable } from '../live-tables.js'

const key = (column: string, table: string): LiveForeignKey => ({
  name: '',
  columns: [column],
  table,
  targets: ['id'],
  onDelete: 'RESTRICT',
  onUpdate: 'RESTRICT',
})
/** A database in which the names of `references` have foreign keys to the tables given. */
const liveWith = (
  tables: readonly string[],
  references: Readonly<Record<string, string>> = {},
  more: Partial<LiveSchema> = {},
): LiveSchema => ({
  ...liveOf({}),
  tables: Object.fromEntries(
    tables.map((name) => {
      const target = references[name]
      return [name, liveTable(['id'], target ? { foreignKeys: [key('other_id', target)] } : {})]
    }),
  ),
  ...more,
})
const recorded = (tables: Readonly<Record<string, readonly string[]>>, views: typeof tables = {}) => ({
  tables: Object.fromEntries(
    Object.entries(tables).map(([name, modules]) => [name, { modules, columns: [], indexes: [], foreignKeys: [] }]),
  ),
  views: Object.fromEntries(Object.entries(views).map(([name, modules]) => [name, { modules }])),
})
const view = (definition: string) => ({ definition })

const own = defineTable('own', { columns: { a: int() } })
const moved = defineTable('moved', { columns: { a: int() }, renamedFrom: 'gone' })
const declared = schemaOf(moduleOf('here', { tables: [own] }))

interface Case extends Partial<PrunableInput> {
  readonly record: PrunableInput['record']
  readonly live: LiveSchema
  readonly goes: readonly string[]
  readonly kept?: readonly string[]
}

const gone = ['gone@v1']
const cases: Readonly<Record<string, Case>> = {
  'a table whose module is not loaded goes, with the view': {
    record: recorded({ own: ['here@v1'], gone }, { seen: gone }),
    live: liveWith(['own', 'gone'], {}, { views: { seen: view('SELECT a FROM "gone"') } }),
    goes: ['gone gone@v1', 'seen gone@v1'],
  },
  'what is declared, by whomever, what loaded modules declared, and what nobody ever did, is none of it': {
    record: recorded({ own: gone, dropped: ['here@v1'] }),
    live: liveWith(['own', 'dropped', 'handmade']),
    goes: [],
  },
  'one of its modules is not loaded, and that is enough': {
    record: recorded({ gone: ['here@v1', 'gone@v1', 'gone@v2'] }),
    live: liveWith(['gone']),
    goes: ['gone gone@v1, gone@v2'],
  },
  'what is not there any more is not told of, a name in other letters is, where they are one': {
    record: recorded({ missing: gone, Gone: gone }),
    live: liveWith(['gone'], {}, { foldsNames: true }),
    goes: ['gone gone@v1'],
  },
  'a foreign key of a declared table and one made by hand keep it': {
    record: recorded({ gone, away: gone }),
    live: liveWith(['own', 'gone', 'away', 'handmade'], { own: 'gone', handmade: 'away' }),
    goes: [],
    kept: [
      'gone is referred to by own.other_id, of here@v1',
      'away is referred to by handmade.other_id, made by hand: drop that first',
    ],
  },
  'what is kept keeps what it refers to, however far': {
    record: recorded({ a: gone, b: gone, c: gone, d: gone }),
    live: liveWith(['a', 'b', 'c', 'd', 'handmade'], { handmade: 'c', c: 'b', b: 'a', d: 'a' }),
    goes: ['d gone@v1'],
    kept: [
      'a is referred to by b.other_id, which is kept, too',
      'b is referred to by c.other_id, which is kept, too',
      'c is referred to by handmade.other_id, made by hand: drop that first',
    ],
  },
  'a circle, and a table that refers to itself, go': {
    record: recorded({ a: gone, b: gone, c: gone }),
    live: liveWith(['a', 'b', 'c'], { a: 'b', b: 'a', c: 'c' }),
    goes: ['a gone@v1', 'b gone@v1', 'c gone@v1'],
  },
  'a view or a trigger made by hand keeps what it names': {
    record: recorded({ gone, away: gone }, { seen: gone }),
    live: {
      ...liveWith(['away', 'gone', 'goner']),
      tables: {
        ...liveWith(['away', 'gone']).tables,
        own: liveTable(['id'], { extras: ['trigger t AFTER INSERT: DELETE FROM Away'] }),
      },
      views: { seen: view('SELECT * FROM gone'), over: view('SELECT * FROM [seen]'), not: view('SELECT 1 FROM goner') },
    },
    goes: [],
    kept: [
      'gone is read by the view seen, which is kept, too',
      'away is named by a trigger or a check of own, of here@v1',
      'seen is read by the view over, made by hand: drop that first',
    ],
  },
  'where definitions name the database, only a table of this one is meant': {
    record: recorded({ gone, away: gone }),
    live: liveWith(
      ['gone', 'away'],
      {},
      { qualifier: '`shop`', views: { over: view('select `shop`.`away`.`gone` from `shop`.`away` join `x`.`gone`') } },
    ),
    goes: ['gone gone@v1'],
    kept: ['away is read by the view over, made by hand: drop that first'],
  },
  'the former name of a declared table is not given up': {
    declared: schemaOf(moduleOf('here', { tables: [moved] })),
    record: recorded({ gone }),
    live: liveWith(['gone']),
    goes: [],
    kept: ['gone is renamed to moved by the next migration: migrate first'],
  },
  'hand-written migrations come first': {
    pending: ['here@v1/take-over'],
    record: recorded({ gone }),
    live: liveWith(['gone']),
    goes: [],
    kept: ['gone may be needed by here@v1/take-over, still to run: migrate first'],
  },
}

describe('what can be pruned', () => {
  for (const [what, { goes, kept = [], ...input }] of Object.entries(cases)) {
    test(what, () => {
      const decision = planPruning({ declared, pending: [], quote: (name) => `\`${name}\``, ...input })
      assert.deepEqual(
        decision.prunable.map(({ name, modules }) => `${name} ${modules.join(', ')}`),
        goes,
      )
      assert.deepEqual(
        decision.kept.map(({ path, message }) => `${path} ${message}`),
        kept,
      )
    })
  }
})
