import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { int, varchar } from '../../kernel/contract/columns.js'
import { defineModule, type ModuleDeclaration } from '../../kernel/contract/define-module.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import { NO_BROKER } from '../../kernel/contract/no-broker.js'
import type { ModuleVersionName } from '../../kernel/names.js'
import { Tenant } from '../../kernel/tenants/tenant.js'
import { LENGTHS } from '../engines/engine-fixture.js'
import { makeSqlite } from '../engines/sqlite-fixture.js'

const table = (name: string) => defineTable(name, { columns: { title: varchar(20) } })
const view = (name: string, columns = { n: int() }) => defineView(name, { sql: 'SELECT 1 AS n', columns, reads: [] })
const module = (name: string, parts: Omit<ModuleDeclaration<undefined>, 'name' | 'version'>) =>
  defineModule({ name, version: 1, ...parts })

const modules = [
  module('users', { tables: [table('users')], views: [view('people')] }),
  module('notes', { tables: [table('notes')] }),
  module('shop', { tables: [table('orders')] }),
  module('other', { tables: [table('others')] }),
]
/** shop → notes → users, as the catalog and the modules have it. */
const dependencies = new Map<ModuleVersionName, ReadonlySet<ModuleVersionName>>([
  ['users@v1', new Set()],
  ['notes@v1', new Set(['users@v1'])],
  ['shop@v1', new Set(['notes@v1'])],
  ['other@v1', new Set()],
])

async function contextsOf(t: TestContext) {
  const { database } = await makeSqlite(t)
  const tenant = new Tenant({
    id: 1,
    name: 'first',
    modules,
    dependencies,
    database,
    lengths: LENGTHS,
    mqtt: NO_BROKER,
  })
  const contextOf = (name: string) => {
    const found = modules.find((each) => each.name === name)
    assert.ok(found)
    return tenant.contextOf(found, pino({ level: 'silent' }))
  }
  return { shop: contextOf('shop'), other: contextOf('other'), users: contextOf('users') }
}

describe('a module reaches', () => {
  test('its own tables and views, and those of all that it depends on', async (t) => {
    const { shop } = await contextsOf(t)
    for (const name of ['orders', 'notes', 'users']) assert.equal(shop.table(table(name)).tableName, name)
    assert.equal(shop.view(view('people')).tableName, 'people')
  })

  test('no table or view of a stranger, whatever it declares them to be', async (t) => {
    const { other, users } = await contextsOf(t)
    const outside = (kind: string, name: string) =>
      `the ${kind} ${name}, which neither it nor a module it depends on declares`
    assert.throws(() => other.table(table('users')), {
      code: 'MODULE_INVALID',
      message: `other@v1 uses ${outside('table', 'users')}: add users@v1 to dependsOn`,
    })
    assert.throws(() => other.view(view('people')), {
      code: 'MODULE_INVALID',
      message: `other@v1 uses ${outside('view', 'people')}: add users@v1 to dependsOn`,
    })
    assert.throws(() => other.view(view('users')), {
      message: `other@v1 uses ${outside('view', 'users')}: add it to views`,
    })
    assert.throws(() => users.table(table('notes')), /users@v1 uses the table notes/, 'nor of what depends on it')
  })

  test('a view as it is declared, not as a look-alike has it', async (t) => {
    const { shop } = await contextsOf(t)
    const model = shop.view(view('people', { n: int(), password: varchar(9) } as never))
    assert.deepEqual(Object.keys(model.getAttributes()), ['n'])
  })
})
