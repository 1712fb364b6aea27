import { varchar } from '../../kernel/contract/columns.js'
import type { SqlValue } from '../../kernel/contract/context.js'
import { type Columns, defineTable, type TableDeclaration } from '../../kernel/contract/define-table.js'
import { resolveTable, type TableSpec } from '../../kernel/contract/table-spec.js'
import type { ConnectionGate, Database, Engine, TenantIdentity } from '../../kernel/engines/contract.js'
import { OpenGate } from './open-gate.js'

export const suiteLimits = { connectionsPerTenant: 2, connectionWaitSeconds: 2, connectionIdleSeconds: 5 } as const

export type MakeEngine = (
  gate: ConnectionGate,
  limits: typeof suiteLimits,
) => Promise<{ engine: Engine; cleanup: () => Promise<void> }>

export const LENGTHS = { id: 11, email: 255, password: 255, phone: 20, ip: 45, link: 511 }

/** The engine under test with one tenant, emptied before each test. */
export class EngineFixture {
  readonly gate = new OpenGate()
  readonly identity: TenantIdentity
  #engine: Engine | undefined
  #database: Database | undefined
  #cleanup: (() => Promise<void>) | undefined

  constructor(prefix = 'suite') {
    this.identity = { name: `${prefix}_tenant`, user: `${prefix}_user`, secret: 'a Stored secret 1' }
  }

  get engine(): Engine {
    if (!this.#engine) throw new Error('the engine has not been made')
    return this.#engine
  }

  get database(): Database {
    if (!this.#database) throw new Error('the database has not been opened')
    return this.#database
  }

  async start(makeEngine: MakeEngine): Promise<void> {
    const { engine, cleanup } = await makeEngine(this.gate, suiteLimits)
    this.#engine = engine
    this.#cleanup = cleanup
    await engine.provision(this.identity)
    this.#database = engine.tenant(this.identity)
  }

  async stop(): Promise<void> {
    await this.#database?.close()
    await this.#engine?.close()
    await this.#cleanup?.()
  }

  /** Drops all tables and views but the kernel's. */
  async reset(): Promise<void> {
    const { quote, dropView } = this.engine.ddl
    await this.database.session(async (session) => {
      const { tables, views } = await this.engine.introspect(session)
      const off = this.engine.kind === 'sqlite' ? 'PRAGMA foreign_keys = OFF' : 'SET foreign_key_checks = 0'
      const on = this.engine.kind === 'sqlite' ? 'PRAGMA foreign_keys = ON' : 'SET foreign_key_checks = 1'
      await session.execute(off)
      for (const view of Object.keys(views)) await session.execute(dropView(view))
      for (const table of Object.keys(tables)) await session.execute(`DROP TABLE ${quote(table)}`)
      await session.execute(on)
    })
  }

  async create(...tables: readonly TableSpec[]): Promise<void> {
    await this.database.session(async (session) => {
      for (const table of tables) {
        for (const statement of this.engine.ddl.createTable(table)) await session.execute(statement)
      }
    })
  }

  /** A table `items` of a name and an auto-increment id. */
  async createItems(): Promise<void> {
    await this.create(spec('items', { columns: { name: varchar(100).unique() } }))
  }

  async names(database: Database = this.database): Promise<string[]> {
    const rows = await database.select<{ name: string }>('SELECT name FROM items ORDER BY id')
    return rows.map(({ name }) => name)
  }

  insert(name: SqlValue, database: Database = this.database) {
    return database.run('INSERT INTO items (name) VALUES (?)', [name])
  }
}

export function spec<const C extends Columns>(name: string, declaration: TableDeclaration<C>): TableSpec {
  return resolveTable(defineTable(name, declaration), LENGTHS, false)
}
