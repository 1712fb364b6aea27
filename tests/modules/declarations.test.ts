import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { id, int, varchar } from '../../kernel/contract/columns.js'
import { defineModule, type ModuleDeclaration } from '../../kernel/contract/define-module.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import { belongsTo, belongsToMany } from '../../kernel/contract/relations.js'
import { conflictFaults } from '../../kernel/modules/conflicts.js'
import { targetFaults } from '../../kernel/modules/targets.js'

type Parts = Omit<ModuleDeclaration<undefined>, 'name' | 'version'>

const module = (name: string, parts: Parts) => defineModule({ name, version: 1, ...parts })
const table = (name: string, length = 10) => defineTable(name, { columns: { name: varchar(length) } })
const view = (name: string, sql: string | { mysql: string; sqlite: string }, reads = [table('t')]) =>
  defineView(name, { sql, columns: { n: int() }, reads })

describe('declarations of one database', () => {
  const cases: [string, Parts, Parts, string[]][] = [
    ['the same table twice is fine', { tables: [table('t')] }, { tables: [table('t')] }, []],
    [
      'attributes in another order are fine',
      { tables: [defineTable('t', { columns: { n: int().nullable().default(1) } })] },
      { tables: [defineTable('t', { columns: { n: int().default(1).nullable() } })] },
      [],
    ],
    [
      'a table that differs',
      { tables: [table('t')] },
      { tables: [table('t', 11)] },
      ['a@v1 and b@v1 declare the table t differently'],
    ],
    [
      'names that differ by case alone',
      { tables: [table('Users')] },
      { tables: [table('users')] },
      ['a@v1 and b@v1 declare the table Users and the table users: a database holds one of that name'],
    ],
    ['the same view twice is fine', { views: [view('v', 'SELECT 1')] }, { views: [view('v', 'SELECT 1')] }, []],
    [
      'a view that differs on one engine',
      { views: [view('v', { mysql: 'SELECT 1', sqlite: 'SELECT 1' })] },
      { views: [view('v', { mysql: 'SELECT 1', sqlite: 'SELECT 2' })] },
      ['a@v1 and b@v1 declare the view v differently'],
    ],
    [
      'a view of the name of a table',
      { tables: [table('t')] },
      { views: [view('t', 'SELECT 1')] },
      ['a@v1 and b@v1 declare the table t and the view t: a database holds one of that name'],
    ],
    [
      'within one module',
      { tables: [table('t'), table('T')] },
      {},
      ['a@v1 declares the table t and the table T: a database holds one of that name'],
    ],
  ]
  for (const [behaviour, a, b, expected] of cases) {
    test(behaviour, () => {
      const faults = conflictFaults([module('a', a), module('b', b)])
      assert.deepEqual(
        faults.map((fault) => fault.message),
        expected,
      )
    })
  }
})

describe('what a module points to is declared by it or by what it depends on', () => {
  const users = table('users')
  const notes = (relations = {}) =>
    defineTable('notes', { columns: { user_id: id().references(users) }, relations: { ...relations } })
  const unknown = 'which neither the module nor one it depends on declares'
  const between = () => belongsToMany(() => users, { through: () => table('tags'), foreignKey: 'x', otherKey: 'y' })
  const cases: [string, Parts, string[]][] = [
    [
      'its own dependency',
      { dependsOn: ['users@v1'], tables: [notes({ user: belongsTo(() => users, 'user_id') })] },
      [],
    ],
    ['a module further down', { dependsOn: ['middle@v1'], tables: [notes()], seeds: [defineSeed(users, {})] }, []],
    ['a table of its own', { tables: [users, notes()], views: [view('v', 'SELECT 1', [users])] }, []],
    ['a stranger', { tables: [notes()] }, [`the column notes.user_id refers to users, ${unknown}`]],
    [
      'no column',
      {
        dependsOn: ['users@v1'],
        tables: [defineTable('n', { columns: { u: id().references(users, { column: 'uid' }) } })],
      },
      ['the column n.u refers to users.uid, which is no column'],
    ],
    [
      'a column that every object has',
      {
        dependsOn: ['users@v1'],
        tables: [defineTable('n', { columns: { u: id().references(users, { column: 'toString' }) } })],
      },
      ['the column n.u refers to users.toString, which is no column'],
    ],
    [
      'a table between that nobody declares',
      { dependsOn: ['users@v1'], tables: [notes({ tags: between() })] },
      [`the relation notes.tags leads to tags, ${unknown}`],
    ],
    [
      'a relation that throws',
      {
        dependsOn: ['users@v1'],
        tables: [
          notes({
            user: belongsTo(() => {
              throw new Error('not there yet')
            }, 'user_id'),
          }),
        ],
      },
      ['the relation notes.user fails: not there yet'],
    ],
    [
      'seeds for another declaration',
      { dependsOn: ['users@v1'], seeds: [defineSeed(table('users', 99), {})] },
      ['its seeds are for another declaration of the table users'],
    ],
    ['a view of a stranger', { views: [view('v', 'SELECT 1', [users])] }, [`the view v reads users, ${unknown}`]],
  ]
  for (const [behaviour, parts, expected] of cases) {
    test(behaviour, () => {
      const modules = [module('users', { tables: [users] }), module('middle', { dependsOn: ['users@v1'] })]
      const all = [...modules, module('notes', parts)]
      const faults = targetFaults(all, (name) => all.find((each) => `${each.name}@v1` === name)?.dependsOn ?? [])
      assert.deepEqual(
        faults.map((fault) => fault.message),
        expected,
      )
    })
  }
})
