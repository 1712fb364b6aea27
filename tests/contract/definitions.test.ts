import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bigint, boolean, datetime, int, varchar } from '../../kernel/contract/columns.js'
import { defineMigration, isMigration } from '../../kernel/contract/define-migration.js'
import { defineModule, isModule } from '../../kernel/contract/define-module.js'
import { defineSeed, isSeed } from '../../kernel/contract/define-seed.js'
import { defineTable, isTable } from '../../kernel/contract/define-table.js'
import { defineView, isView, viewSql } from '../../kernel/contract/define-view.js'
import { faultsOf } from '../support/faults.js'

const boats = defineTable('boats', { columns: { name: varchar(10), afloat: boolean().default(true) } })
const berths = defineTable('berths', { columns: { quay: int().primary(), number: bigint().primary() } })
const afloat = defineView('afloat', { sql: 'SELECT name FROM boats', columns: { name: varchar(10) }, reads: [boats] })
const seed = defineSeed(boats, { main: [{ id: 1, name: 'Ida' }] })
const migration = defineMigration({ name: '001_split', up: async () => undefined })

/** Whatever a module in plain JavaScript may hand over. */
const anything = (value: unknown) => value as never

test('a module is frozen, its dependencies are names', () => {
  const auth = defineModule({ name: 'auth', version: 2, exports: () => 1 })
  const module = defineModule({
    name: 'harbour',
    version: 1,
    dependsOn: [auth, 'log@v3'],
    tables: [boats, berths],
    views: [afloat],
    seeds: [seed],
    migrations: [migration],
    routes() {},
  })
  assert.deepEqual(module.dependsOn, ['auth@v2', 'log@v3'])
  assert.ok(isModule(module) && Object.isFrozen(module) && Object.isFrozen(module.tables))
  assert.deepEqual(defineModule({ name: 'bare', version: 1 }).tables, [])
})

const modules: Record<string, [unknown, string[]]> = {
  nothing: [undefined, [': defineModule takes an object']],
  'no name and no version': [
    {},
    [
      'name: must be a letter, then letters, digits, _ or -, at most 64, and not "migrate", "cron" or "backups"',
      'version: must be the major version: a positive integer',
    ],
  ],
  'a version that is no folder': [
    { name: 'a', version: 1.1 },
    ['version: must be the major version: a positive integer'],
  ],
  'a version as text': [{ name: 'a', version: '1' }, ['version: must be the major version: a positive integer']],
  'the name of an ops route': [
    { name: 'migrate', version: 1 },
    ['name: must be a letter, then letters, digits, _ or -, at most 64, and not "migrate", "cron" or "backups"'],
  ],
  'the name of the other ops route': [
    { name: 'cron', version: 1 },
    ['name: must be a letter, then letters, digits, _ or -, at most 64, and not "migrate", "cron" or "backups"'],
  ],
  'an unknown key': [
    { name: 'a', version: 1, route() {} },
    ['route: is not known; a module has name, version, dependsOn, tables, views, seeds, migrations, exports, routes'],
  ],
  'parts of the wrong kind': [
    {
      name: 'a',
      version: 1,
      dependsOn: ['auth', undefined],
      tables: [afloat],
      views: boats,
      seeds: [{}],
      migrations: [() => 1],
      routes: {},
    },
    [
      "dependsOn[0]: must be a module definition or a name like 'auth@v1'",
      "dependsOn[1]: must be a module definition or a name like 'auth@v1'",
      'tables[0]: must be made by defineTable',
      'views: must be a list',
      'seeds[0]: must be made by defineSeed',
      'migrations[0]: must be made by defineMigration',
      'routes: must be a function',
    ],
  ],
  'parts listed twice': [
    {
      name: 'a',
      version: 1,
      tables: [boats, boats],
      seeds: [seed, defineSeed(boats, {})],
      migrations: [migration, migration],
    },
    ['tables: lists boats twice', 'seeds: lists boats twice', 'migrations: lists 001_split twice'],
  ],
}

for (const [name, [declaration, expected]] of Object.entries(modules)) {
  test(`a module with ${name} is refused`, () => {
    assert.deepEqual(
      faultsOf('MODULE_INVALID', () => defineModule(anything(declaration))),
      expected,
    )
  })
}

test('a view is one SELECT, or one an engine', () => {
  const both = defineView('v', {
    sql: { mysql: 'SELECT 1 AS n', sqlite: 'WITH a AS (SELECT 2 AS n) SELECT n FROM a' },
    columns: { n: int() },
    reads: [boats, afloat],
  })
  assert.ok(isView(both) && Object.isFrozen(both))
  assert.equal(viewSql(both, 'mysql'), 'SELECT 1 AS n')
  assert.match(viewSql(both, 'sqlite'), /^WITH/)
  assert.equal(viewSql(afloat, 'sqlite'), 'SELECT name FROM boats')
  assert.deepEqual(both.reads, ['boats', 'afloat'])
})

test('a view that is not declared well is refused with every fault', () => {
  const wrong = { sql: 'DELETE FROM boats', columns: { n: 1, 'a-b': int() }, reads: ['boats'] }
  assert.deepEqual(
    faultsOf('MODULE_INVALID', () => defineView('a b', anything(wrong))),
    [
      'name: must be a letter, then letters, digits or _, at most 64',
      'sql: must be a SELECT, or one an engine: { mysql, sqlite }',
      'columns.n: is not a column: use varchar(255), int(), …',
      'columns.a-b: its name must be a letter, then letters, digits or _, at most 64',
      'reads[0]: must be made by defineTable or defineView',
    ],
  )
  const oneEngine = { sql: { mysql: 'SELECT 1' }, columns: { n: int() }, reads: [] }
  assert.deepEqual(
    faultsOf('MODULE_INVALID', () => defineView('v', anything(oneEngine))),
    ['sql: must be a SELECT, or one an engine: { mysql, sqlite }'],
  )
})

test('seeds keep their rows, and the mark of forced ones apart from them', () => {
  const seeds = defineSeed(boats, {
    main: [
      { id: 1, name: 'Ida', forced: true },
      { id: 2, name: 'Uwe' },
    ],
    temporary: [{ name: 'Try' }],
  })
  assert.deepEqual(seeds.main, [
    { row: { id: 1, name: 'Ida' }, forced: true },
    { row: { id: 2, name: 'Uwe' }, forced: false },
  ])
  assert.deepEqual(seeds.temporary, [{ name: 'Try' }])
  assert.ok(isSeed(seeds) && Object.isFrozen(seeds.main[0]?.row))
  defineSeed(berths, {
    main: [
      { quay: 1, number: 1n },
      { quay: 1, number: 2n },
    ],
  })
})

test('seeds that are not declared well are refused with every fault', () => {
  const wrong: { main: unknown[]; temporary: unknown[] } = {
    main: [
      { id: 1, name: 'a' },
      { id: 1, name: 'b' },
      { name: 'c' },
      { id: 3, constructor: 1 },
      'row',
      { id: 4, forced: 1 },
    ],
    temporary: [{ mast: 1 }, null],
  }
  assert.deepEqual(
    faultsOf('MODULE_INVALID', () => defineSeed(boats, anything(wrong))),
    [
      'boats.main[1]: has the id of main[0]: 1',
      'boats.main[2]: a main seed names its id',
      'boats.main[3].constructor: boats has no column constructor',
      'boats.main[4]: must be a row: { column: value }',
      'boats.main[4]: a main seed names its id',
      'boats.main[5].forced: must be true or false',
      'boats.temporary[0].mast: boats has no column mast',
      'boats.temporary[1]: must be a row: { column: value }',
    ],
  )
  assert.deepEqual(
    faultsOf('MODULE_INVALID', () => defineSeed(boats, anything({ main: {} }))),
    ['boats.main: must be a list of rows'],
  )
  const clash = defineTable('clash', { columns: { forced: boolean() } })
  assert.deepEqual(
    faultsOf('MODULE_INVALID', () => defineSeed(clash, {})),
    ['clash.forced: a seeded table has no such column: it is the word of seeds'],
  )
  assert.throws(() => defineSeed(anything({ name: 'boats' }), {}), /made by defineTable/)
})

test('a migration has a name that a history can keep, and steps that are functions', () => {
  assert.ok(isMigration(migration) && Object.isFrozen(migration))
  assert.deepEqual(
    faultsOf('MODULE_INVALID', () => defineMigration(anything({ name: '../x', up: 1, down: 'x' }))),
    [
      'name: must be letters, digits, . _ or -, at most 100',
      'up: must be a function',
      'down: must be a function, or be left out',
    ],
  )
  assert.equal(faultsOf('MODULE_INVALID', () => defineMigration(anything(undefined))).length, 2)
})

test('what is made by hand is taken for none of them', () => {
  for (const value of [null, undefined, {}, 'x', { name: 'a', columns: {} }, datetime()]) {
    for (const is of [isModule, isTable, isView, isSeed, isMigration]) assert.equal(is(value), false)
  }
})
