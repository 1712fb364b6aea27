import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Held, type HeldRow, NOTHING_HELD, NOTHING_PLANNED, type Planned } from '../../kernel/catalog/planned.js'
import { validateCatalog } from '../../kernel/catalog/validate.js'
import type { SeedRow } from '../../kernel/contract/define-seed.js'
import { rules } from './catalog-fixture.js'

type Rows = { [Table in keyof Planned]?: readonly SeedRow[] }

/** Rows as seeds plan them; each one's path is its table and place. */
function plan(rows: Rows): Planned {
  const planned = Object.entries(rows).map(([table, list]) => [
    table,
    list.map((row, i) => {
      const { forced = false, ...values } = row
      return { path: `${table}[${i}]`, row: values, forced }
    }),
  ])
  return { ...NOTHING_PLANNED, ...Object.fromEntries(planned) }
}

/** Rows as the catalog holds them. `own: true` marks those that somebody added. */
function hold(rows: Rows): Held {
  const held = Object.entries(rows).map(([table, list]) => [
    table,
    list.map((row): HeldRow => ({ id: Number(row.id), own: row.own === true, row })),
  ])
  return { ...NOTHING_HELD, ...Object.fromEntries(held) }
}

function faults(planned: Rows, held: Rows = {}, provided = /^(test|notes|users|m\d+)@v[12]$/): string[] {
  const found = validateCatalog(plan(planned), hold(held), rules, (name) => provided.test(name))
  return found.map(({ path, message }) => `${path} ${message}`)
}

const tenant = (id: number, more: SeedRow = {}): SeedRow => ({
  id,
  name: `t${id}`,
  user: `u${id}`,
  password: 'p',
  ...more,
})
const SPELLING = 'must be a letter, then letters, digits or _, at most'
const database = `${SPELLING} 64: it becomes the name of the database`

test('rows that are well may be written', () => {
  const rows: Rows = {
    tenants: [tenant(1), tenant(2, { per_day_backups: 3 })],
    modules: [
      { id: 1, name: 'notes' },
      { id: 2, name: 'users' },
    ],
    modules_dependencies: [{ id: 1, module_id: 1, dependency_module_id: 2 }],
    subscriptions: [
      { id: 1, tenant_id: 1, module_id: 1 },
      { id: 2, tenant_id: 1, module_id: 1, version: 2 },
    ],
  }
  assert.deepEqual(faults(rows), [])
  assert.deepEqual(faults(rows, rows), [])
})

describe('a tenant', () => {
  const cases: [string, SeedRow, string][] = [
    ['id 0', { id: 0 }, 'id must be a positive integer'],
    ['id 1.5', { id: 1.5 }, 'id must be a positive integer'],
    ['id "1"', { id: '1' }, 'id must be a positive integer'],
    ['id 2³²', { id: 2 ** 32 }, 'id must be a positive integer'],
    ['name ../x', { name: '../x' }, `name ${database}`],
    ['name 1a', { name: '1a' }, `name ${database}`],
    ['name with a line break', { name: 'a\n' }, `name ${database}`],
    ['name of 65', { name: 'a'.repeat(65) }, `name ${database}`],
    ['no name', { name: undefined }, `name ${database}`],
    ['name mysql', { name: 'mysql' }, 'name mysql is a database of the system or the catalog itself'],
    ['name SYS', { name: 'SYS' }, 'name SYS is a database of the system or the catalog itself'],
    ['the catalog', { name: 'M3_master' }, 'name M3_master is a database of the system or the catalog itself'],
    [
      'a name too long for a grant',
      { name: `${'n'.repeat(62)}_n` },
      'name must have at most 64 characters, each _ counted twice as MySQL does in its grants',
    ],
    ['user of 33', { user: 'u'.repeat(33) }, `user ${SPELLING} 32: it becomes a database user`],
    ['user root', { user: 'Root' }, 'user Root is a user of the database system, not of a tenant'],
    ['user public', { user: 'public' }, 'user public is a user of the database system, not of a tenant'],
    ['the root user', { user: 'm3_root' }, 'user m3_root is a user of the database system, not of a tenant'],
    ['no password', { password: '' }, 'password must be a text that is not empty'],
    ['an unknown column', { nmae: 'x' }, 'nmae is no column of the table'],
    ['a text for a number', { max_backups: 'many' }, 'max_backups must be an integer'],
  ]
  for (const [behaviour, more, expected] of cases) {
    test(behaviour, () => assert.deepEqual(faults({ tenants: [tenant(1, more)] }), [`tenants[0].${expected}`]))
  }
  test('the longest names there may be', () => {
    for (const name of ['n'.repeat(64), `${'n'.repeat(61)}_n`]) {
      assert.deepEqual(faults({ tenants: [tenant(1, { name, user: 'u'.repeat(32) })] }), [])
    }
  })
})

describe('duplicates', () => {
  const cases: [string, Rows, Rows, string[]][] = [
    [
      'id',
      {
        modules: [
          { id: 1, name: 'a' },
          { id: 1, name: 'b' },
        ],
      },
      {},
      ['modules[1].id has the id of modules[0]'],
    ],
    [
      'name and user, by case alone',
      { tenants: [tenant(1), tenant(2, { name: 'T1', user: 'U1' })] },
      {},
      ['tenants[1].name has the name of tenants[0]', 'tenants[1].user has the user of tenants[0]'],
    ],
    [
      'a name that the catalog holds',
      { tenants: [tenant(1)] },
      { tenants: [tenant(7, { name: 'T1' })] },
      ['tenants[0].name has the name of the row with the id 7 in the catalog'],
    ],
    ['a row that is there already', { tenants: [tenant(1)] }, { tenants: [tenant(1, { name: 'renamed' })] }, []],
    [
      'a row that is left as it is clashes with nothing',
      { tenants: [tenant(1)] },
      { tenants: [tenant(1, { name: 'x', user: 'x' }), tenant(2, { name: 't1' })] },
      [],
    ],
    [
      'a forced row is written again and may clash',
      { tenants: [tenant(1, { forced: true })] },
      { tenants: [tenant(1, { name: 'x', user: 'x' }), tenant(2, { name: 't1' })] },
      ['tenants[0].name has the name of the row with the id 2 in the catalog'],
    ],
    [
      'a forced row does not touch what somebody added',
      { tenants: [tenant(1, { forced: true })] },
      { tenants: [tenant(1, { name: 'x', user: 'x', own: true }), tenant(2, { name: 't1' })] },
      [],
    ],
    [
      'a subscription, its version written or not',
      {
        tenants: [tenant(1)],
        modules: [{ id: 1, name: 'test' }],
        subscriptions: [
          { id: 1, tenant_id: 1, module_id: 1 },
          { id: 2, tenant_id: 1, module_id: 1, version: 1 },
        ],
      },
      {},
      ['subscriptions[1] has the tenant_id, module_id, version of subscriptions[0]'],
    ],
    [
      'a subscription that the catalog holds',
      { subscriptions: [{ id: 5, tenant_id: 1, module_id: 1 }] },
      {
        tenants: [tenant(1)],
        modules: [{ id: 1, name: 'test' }],
        subscriptions: [{ id: 9, tenant_id: 1, module_id: 1, version: 1 }],
      },
      ['subscriptions[0] has the tenant_id, module_id, version of the row with the id 9 in the catalog'],
    ],
  ]
  for (const [behaviour, planned, held, expected] of cases) {
    test(behaviour, () => assert.deepEqual(faults(planned, held), expected))
  }
})

test('ids and versions that lead nowhere are all named at once', () => {
  const rows: Rows = {
    tenants: [tenant(1)],
    modules: [{ id: 1, name: 'notes' }],
    modules_dependencies: [
      { id: 1, module_id: 1, dependency_module_id: 8 },
      { id: 2, module_id: 1, dependency_module_id: 1, version: 0 },
      { id: 3, module_id: 2, dependency_module_id: 3, version: 9 },
    ],
    subscriptions: [
      { id: 1, tenant_id: 2, module_id: 1 },
      { id: 2, tenant_id: 1, module_id: 9 },
      { id: 3, tenant_id: 1, module_id: 1, version: 3 },
    ],
  }
  const held: Rows = {
    modules: [
      { id: 2, name: 'test' },
      { id: 3, name: 'users' },
    ],
  }
  assert.deepEqual(faults(rows, held), [
    'modules_dependencies[1].version must be a major version: a positive integer',
    'subscriptions[0].tenant_id there is no tenant with the id 2',
    'subscriptions[1].module_id there is no module with the id 9',
    'subscriptions[2].version no plugin and no package provides notes@v3',
    'modules_dependencies[0].dependency_module_id there is no module with the id 8',
    'modules_dependencies[2].version no plugin and no package provides users@v9, which test would depend on',
  ])
})

describe('dependencies that would close a cycle', () => {
  const modules = Array.from({ length: 10 }, (_, i) => ({ id: i, name: `m${i}` }))
  const edge = ([from, to, version = 1]: number[], id: number) => ({
    id,
    module_id: from,
    dependency_module_id: to,
    version,
  })
  const check = (planned: number[][], held: number[][] = []) =>
    faults(
      { modules_dependencies: planned.map((each, i) => edge(each, i + 100)) },
      { modules, modules_dependencies: held.map((each, i) => edge(each, i + 1)) },
    ).map((line) => line.replace('modules_dependencies', '').replace(' would close a cycle:', ''))
  const ring = Array.from({ length: 10 }, (_, i) => [i, (i + 1) % 10])
  const tenAround = [...ring.map(([i]) => `m${i}@v1`), 'm0@v1'].join(' → ')

  const cases: [string, string[], string[]][] = [
    [
      'none',
      check([
        [1, 2],
        [2, 3],
        [1, 3],
      ]),
      [],
    ],
    ['of one', check([[1, 1]]), ['[0] m1@v1 → m1@v1']],
    [
      'of two',
      check([
        [1, 2],
        [2, 1],
      ]),
      ['[0] m1@v1 → m2@v1 → m1@v1'],
    ],
    [
      'of three',
      check([
        [3, 1],
        [1, 2],
        [2, 3],
      ]),
      ['[0] m1@v1 → m2@v1 → m3@v1 → m1@v1'],
    ],
    ['of ten', check(ring), [`[0] ${tenAround}`]],
    [
      'across versions, since a row holds for every version',
      check([
        [1, 2, 2],
        [2, 1, 2],
      ]),
      ['[0] m1@v2 → m2@v2 → m1@v2'],
    ],
    [
      'with what the catalog holds',
      check(
        [[3, 1]],
        [
          [1, 2],
          [2, 3],
        ],
      ),
      ['[0] m1@v1 → m2@v1 → m3@v1 → m1@v1'],
    ],
    [
      'one that the catalog has already is no fault of a row beside it',
      check(
        [[3, 1]],
        [
          [1, 2],
          [2, 1],
        ],
      ),
      [],
    ],
    [
      'a second one through the same modules',
      check(
        [[2, 2]],
        [
          [1, 2],
          [2, 1],
        ],
      ),
      ['[0] m2@v1 → m2@v1'],
    ],
  ]
  for (const [behaviour, found, expected] of cases) test(behaviour, () => assert.deepEqual(found, expected))
})
