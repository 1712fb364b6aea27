import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe } from 'node:test'
import type { Database, Engine, TenantIdentity } from '../../kernel/engines/contract.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { OpenGate } from '../engines/open-gate.js'
import { withMariaDb } from './mariadb.js'
import { mysqlEngineOn } from './mysql-engine.js'

/** One connection a pool: whoever needs a second one while it holds the first waits in vain. */
const limits = { connectionsPerTenant: 1, connectionWaitSeconds: 5, connectionIdleSeconds: 10 } as const

/** Gives each test a new, empty database of the engine under test. */
export class FreshDatabases {
  readonly #opened: Database[] = []
  readonly #made: TenantIdentity[] = []
  #engine: Engine | undefined

  constructor(
    readonly prefix: string,
    readonly makeEngine: () => Promise<{ engine: Engine; remove: (made: readonly TenantIdentity[]) => Promise<void> }>,
  ) {}

  get engine(): Engine {
    if (!this.#engine) throw new Error('the engine has not been made')
    return this.#engine
  }

  async create(): Promise<Database> {
    const name = `${this.prefix}_${this.#made.length}`
    const identity = { name, user: name, secret: 'a Stored secret 1' }
    await this.engine.provision(identity)
    this.#made.push(identity)
    return this.reopen(identity)
  }

  /** The database created last, or another one, behind a pool of its own: as another process has it. */
  reopen(identity: TenantIdentity | undefined = this.#made.at(-1)): Database {
    if (!identity) throw new Error('no database has been made')
    const database = this.engine.tenant(identity)
    this.#opened.push(database)
    return database
  }

  /** Registers the hooks that make and remove all of it. */
  use(): void {
    let remove: ((made: readonly TenantIdentity[]) => Promise<void>) | undefined
    before(async () => {
      const made = await this.makeEngine()
      this.#engine = made.engine
      remove = made.remove
    })
    after(async () => {
      await Promise.all(this.#opened.map((database) => database.close()))
      await this.#engine?.close()
      await remove?.(this.#made)
    })
  }
}

/** Runs a suite on SQLite and, where a server is installed, on MariaDB. `prefix` names its databases there. */
export async function onBothEngines(prefix: string, suite: (databases: FreshDatabases) => void): Promise<void> {
  describe('on SQLite', () => {
    const databases = new FreshDatabases(prefix, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-'))
      const engine = createSqliteEngine({ directory: path.join(folder, 'data'), limits, gate: new OpenGate() })
      return { engine, remove: () => rm(folder, { recursive: true }) }
    })
    databases.use()
    suite(databases)
  })
  await withMariaDb('on MariaDB', (server) => {
    const catalog = `${prefix}_catalog`
    const databases = new FreshDatabases(prefix, async () => {
      const engine = mysqlEngineOn(server, catalog, { limits })
      await engine.provisionCatalog()
      const remove = async (made: readonly TenantIdentity[]) => {
        const root = mysqlEngineOn(server, catalog)
        await root.catalog.session(async (session) => {
          for (const { name, user } of made) {
            await session.execute(`DROP DATABASE ${name}`)
            await session.execute(`DROP USER '${user}'@'%'`)
          }
          await session.execute(`DROP DATABASE ${catalog}`)
        })
        await root.close()
      }
      return { engine, remove }
    })
    databases.use()
    suite(databases)
  })
}
