import assert from 'node:assert/strict'
import { test } from 'node:test'
import { datetime, id, int, now, varchar } from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { LiveSchema } from '../../kernel/engines/contract.js'
import { sqliteDdl } from '../../kernel/engines/sqlite/ddl.js'
import { planMigration } from '../../kernel/migrations/diff.js'
import { namesDone } from '../../kernel/migrations/migration-log.js'
import { declare } from '../support/schemas.js'

const users = defineTable('users', { columns: { name: varchar(50), nick: varchar(50).nullable() } })
const notes = defineTable('notes', {
  columns: {
    title: varchar(100),
    color: varchar(10).default('red'),
    owner_id: id().nullable().references(users),
    code: int().nullable().unique(),
    level: int().nullable().index(),
    at: datetime().default(now),
  },
})
const people = defineView('people', { sql: 'SELECT name FROM users', columns: { name: varchar(50) }, reads: [users] })
const elders = defineView('elders', { sql: 'SELECT name FROM people', columns: { name: varchar(50) }, reads: [people] })
const declared = declare({ tables: [notes, users], views: [elders, people] })

function plan(live: Omit<LiveSchema, 'foldsNames'>, foldsNames = true) {
  const { steps, refusals } = planMigration(declared, { ...live, foldsNames }, { kind: 'sqlite', ddl: sqliteDdl })
  return {
    steps: steps.map((step) => `${step.kind} ${step.table}`),
    refusals: refusals.map(({ path, message }) => `${path}: ${message}`),
  }
}

const table = (...columns: string[]) => ({ columns })
const wholeUsers = table('id', 'name', 'nick')
const wholeNotes = table('id', 'title', 'color', 'owner_id', 'code', 'level', 'at')

const cases: [string, Omit<LiveSchema, 'foldsNames'>, { steps: string[]; refusals: string[] }][] = [
  [
    'an empty database gets all of it, what is referred to and read first',
    { tables: {}, views: [] },
    { steps: ['createTable users', 'createTable notes', 'createView people', 'createView elders'], refusals: [] },
  ],
  [
    'views are dropped, readers first, and made anew; what nobody declares is left alone',
    { tables: { users: wholeUsers, notes: wholeNotes, old: table('id') }, views: ['elders', 'other', 'people'] },
    { steps: ['dropView elders', 'dropView people', 'createView people', 'createView elders'], refusals: [] },
  ],
  [
    'columns that may be null or have a constant default are added',
    {
      tables: { users: table('id', 'NAME'), notes: table('id', 'title', 'owner_id', 'code', 'level', 'at') },
      views: [],
    },
    {
      steps: ['addColumn users', 'addColumn notes', 'createView people', 'createView elders'],
      refusals: [],
    },
  ],
  [
    'other missing columns are refused with their names',
    { tables: { users: table('id', 'nick'), notes: table('id', 'color') }, views: [] },
    {
      steps: ['createView people', 'createView elders'],
      refusals: [
        'users: is there, but lacks the column name: this version creates tables; changing them needs a hand-written migration',
        'notes: is there, but lacks the columns title, owner_id, code, level, at: this version creates tables; changing them needs a hand-written migration',
      ],
    },
  ],
  [
    'a view in the place of a table and a table in the place of a view are refused',
    { tables: { notes: wholeNotes, people: table('id') }, views: ['users'] },
    {
      steps: ['createView people', 'createView elders'],
      refusals: ['people: is declared as a view, but is a table', 'users: is declared as a table, but is a view'],
    },
  ],
]
for (const [name, live, expected] of cases) test(name, () => assert.deepEqual(plan(live), expected))

test('table names differ by case where the database tells them apart', () => {
  const live = { tables: { USERS: wholeUsers, notes: wholeNotes }, views: [] }
  assert.equal(plan(live, true).steps.includes('createTable users'), false)
  assert.equal(plan(live, false).steps.includes('createTable users'), true)
})

test('no step is destructive, and each has its statements', () => {
  const { steps } = planMigration(
    declared,
    { foldsNames: true, tables: {}, views: [] },
    { kind: 'sqlite', ddl: sqliteDdl },
  )
  assert.ok(steps.every(({ sql, destructive }) => sql.length > 0 && !destructive))
})

test('a generated migration counts as done only while nothing came after it', () => {
  const row = (id: number, name: string, kind: 'written' | 'generated', outcome: 'started' | 'done' | 'failed') => ({
    ...{ id, name, kind, outcome },
  })
  const log = [row(1, 'a@v1/x', 'written', 'done'), row(2, 'generated/1', 'generated', 'done')]
  assert.deepEqual(namesDone([]), [])
  assert.deepEqual(namesDone(log), ['a@v1/x', 'generated/1'])
  assert.deepEqual(namesDone([...log, row(3, 'generated/2', 'generated', 'done')]), ['a@v1/x', 'generated/2'])
  assert.deepEqual(namesDone([...log, row(3, 'generated/2', 'generated', 'started')]), ['a@v1/x'])
  assert.deepEqual(namesDone([...log, row(3, 'generated/2', 'generated', 'failed')]), ['a@v1/x'])
  assert.deepEqual(namesDone([...log, row(3, 'a@v1/y', 'written', 'done')]), ['a@v1/x', 'a@v1/y'])
})
