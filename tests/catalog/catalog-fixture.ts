import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext } from 'node:test'
import { catalogTables, seededTables } from '../../kernel/catalog/tables.js'
import { type CatalogRules, catalogRules } from '../../kernel/catalog/tenant-rules.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import type { TableDefinition } from '../../kernel/contract/define-table.js'
import { resolveTable } from '../../kernel/contract/table-spec.js'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { OpenGate } from '../engines/open-gate.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'

const LENGTHS = { id: 11, email: 255, password: 255, phone: 20, ip: 45, link: 511 }

export const rules: CatalogRules = catalogRules(
  {
    dbSalt: 'salt',
    mqtt: { sharedTopics: ['news/#', 'weather/+/now'] },
    tenants: {
      database: { host: 'db', port: 3306, database: 'm3_master', user: 'm3_root', password: '' },
      settings: { engine: 'InnoDB', collation: 'utf8mb4_unicode_ci' },
      customLengths: LENGTHS,
      backup: { perDay: 1, max: 1 },
    },
  },
  'catalog',
)

export type MakeCatalog = (t: TestContext) => Promise<Database>

/** The same tests on SQLite and, where it is installed, on MariaDB. Each catalog is empty and gone after its test. */
export async function onEachEngine(define: (makeCatalog: MakeCatalog) => void): Promise<void> {
  describe('on SQLite', () => define(makeSqliteCatalog))
  await withMariaDb('on MariaDB', (server) => {
    let made = 0
    define(async (t) => {
      const name = `catalog_test_${process.pid}_${++made}`
      const engine = mysqlEngineOn(server, name)
      t.after(async () => {
        await engine.catalog.run(`DROP DATABASE ${name}`)
        await engine.close()
      })
      return createTables(engine)
    })
  })
}

async function makeSqliteCatalog(t: TestContext): Promise<Database> {
  const directory = await mkdtemp(path.join(tmpdir(), 'm3saas-catalog-'))
  const limits = { connectionsPerTenant: 2, connectionWaitSeconds: 5, connectionIdleSeconds: 5 }
  const engine = createSqliteEngine({ directory, limits, gate: new OpenGate() })
  t.after(async () => {
    await engine.close()
    await rm(directory, { recursive: true, force: true })
  })
  return createTables(engine)
}

async function createTables(engine: Engine): Promise<Database> {
  await engine.provisionCatalog()
  await engine.catalog.session(async (session) => {
    const seeded: ReadonlySet<TableDefinition> = new Set(seededTables)
    for (const table of catalogTables) {
      for (const statement of engine.ddl.createTable(resolveTable(table, LENGTHS, seeded.has(table)))) {
        await session.execute(statement)
      }
    }
  })
  return engine.catalog
}

/** Inserts rows as somebody does by hand. */
export async function insert(
  catalog: Database,
  table: string,
  ...rows: readonly Readonly<Record<string, SqlValue>>[]
): Promise<void> {
  for (const row of rows) {
    const columns = Object.keys(row)
    const marks = columns.map(() => '?').join(', ')
    await catalog.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, Object.values(row))
  }
}

/** Two tenants, three modules: first_tenant has notes@v1 and test@v2, notes depends on users@v1. */
export async function fill(catalog: Database): Promise<void> {
  const password = 'plain'
  await insert(
    catalog,
    'tenants',
    { id: 1, name: 'first_tenant', user: 'first_user', password },
    { id: 2, name: 'second_tenant', user: 'second_user', password },
  )
  await insert(catalog, 'modules', { id: 1, name: 'test' }, { id: 2, name: 'notes' }, { id: 3, name: 'users' })
  await insert(catalog, 'modules_dependencies', { module_id: 2, dependency_module_id: 3, version: 1 })
  await insert(
    catalog,
    'subscriptions',
    { tenant_id: 1, module_id: 1, version: 2 },
    { tenant_id: 1, module_id: 2, version: 1 },
  )
}
