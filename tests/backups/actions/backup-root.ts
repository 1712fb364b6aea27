import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import type { RestoreRequest } from '../../../kernel/backups/contract.js'
import { loadConfig } from '../../../kernel/config/load-config.js'
import type { Database } from '../../../kernel/engines/contract.js'
import { assembleKernel, type Kernel } from '../../../kernel/kernel.js'
import type { TenantId } from '../../../kernel/names.js'
import { makeAppRoot } from '../../modules/app-root.js'
import { databaseOn } from '../../support/app.js'
import type { Ending } from '../../support/ending.js'
import type { SharedMariaDb } from '../../support/mariadb.js'
import { seedFiles } from '../../support/seeds.js'

export const never: AbortSignal = new AbortController().signal

/** What `shop@v1` declares; another form of it is another root's. */
const shop = (
  columns: string,
) => `import { defineModule, defineSeed, defineTable, defineView, int, varchar } from 'm3saas'
const wares = defineTable('wares', { columns: { name: varchar(40), ${columns} } })
const names = defineView('names', { sql: 'SELECT name FROM wares', columns: { name: varchar(40) }, reads: [wares] })
const seeds = [defineSeed(wares, { main: [{ id: 1, name: 'hat' }], temporary: [{ name: 'try me' }] })]
export const shop = defineModule({ name: 'shop', version: 1, tables: [wares], views: [names], seeds, routes(app, { sql, view, transaction }) {
  app.get('/wares', async () => transaction(async () => {
    const one = await sql\`SELECT name FROM wares ORDER BY id\`
    const two = await sql\`SELECT name FROM names ORDER BY name\`
    return { one: one.map((row) => row.name), two: two.map((row) => row.name) }
  }))
} })
`

export interface BackupRootOptions {
  readonly server?: SharedMariaDb | undefined
  readonly columns?: string
  readonly config?: object
}

/** An app root with two tenants of the module `shop`, migrated; tenant 2 has a rule of its own for its backups. */
export class BackupRoot {
  private constructor(
    readonly root: string,
    readonly run: string,
    readonly ending: Ending,
  ) {}

  static async make(ending: Ending, options: BackupRootOptions = {}): Promise<BackupRoot> {
    const { server, columns = 'size: int().default(1)', config } = options
    const run = randomBytes(4).toString('hex')
    const tenant = (id: number) => ({ id, name: `b${id}_${run}`, user: `b${id}_${run}`, password: 'plain' })
    const root = await makeAppRoot(ending, {
      'package.json': '{"type":"module"}',
      'config.json': JSON.stringify({
        dbSalt: 'salt of the tests',
        http: { port: 0 },
        mqtt: server ? undefined : { embedded: false },
        catalog: { pollSeconds: 0.2 },
        ...(server ? { tenants: { database: databaseOn(server) } } : {}),
        ...config,
      }),
      'plugins/shop/v1/shop.module.mjs': shop(columns),
      ...seedFiles({
        tenants: [tenant(1), { ...tenant(2), per_day_backups: 0, max_backups: 2 }],
        modules: [{ id: 1, name: 'shop' }],
        subscriptions: [1, 2].map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
      }),
    })
    return new BackupRoot(root, run, ending)
  }

  /** Its tenants are migrated. Closed at the end. */
  async kernel(): Promise<BackupKernel> {
    const kernel = await this.bare()
    for (const id of [1, 2]) await kernel.kernel.runMode(id, 'migrate')
    return kernel
  }

  /** As another process has it. */
  async bare(change: object = {}): Promise<BackupKernel> {
    const config = { ...(await loadConfig(this.root, {})), ...change }
    const kernel = await assembleKernel({ root: this.root, config, log: pino({ level: 'silent' }) })
    this.ending.after(() => kernel.close())
    await kernel.prepareCatalog()
    return new BackupKernel(kernel, this)
  }

  name(id: TenantId): string {
    return `b${id}_${this.run}`
  }

  /** The files in the folder of backups, hidden ones too. */
  files(): Promise<string[]> {
    return this.contents('backups')
  }

  async contents(folder: string): Promise<string[]> {
    return (await readdir(path.join(this.root, folder)).catch(() => [])).sort()
  }
}

export class BackupKernel {
  constructor(
    readonly kernel: Kernel,
    readonly root: BackupRoot,
  ) {}

  get backups() {
    return this.kernel.backups
  }

  create(target: 'catalog' | TenantId = 1) {
    return this.backups.create(target, { reason: 'manual', signal: never })
  }

  restore(request: Partial<RestoreRequest> = {}) {
    return this.backups.restore({ from: 1, ...request }, { signal: never })
  }

  async use<T>(id: TenantId, fn: (database: Database) => Promise<T>): Promise<T> {
    const [row] = await this.kernel.engine.catalog.select<{ name: string; user: string; secret: string }>(
      'SELECT name, user, password AS secret FROM tenants WHERE id = ?',
      [id],
    )
    assert.ok(row, `tenant ${id} is there`)
    const database = this.kernel.engine.tenant(row)
    return fn(database).finally(() => database.close())
  }

  put(id: TenantId, name: string): Promise<unknown> {
    return this.use(id, (database) => database.run('INSERT INTO wares (name) VALUES (?)', [name]))
  }

  /** The names of the wares of a tenant, by a view too. */
  wares(id: TenantId): Promise<string[]> {
    return this.use(id, async (database) => {
      const rows = await database.select<{ name: string }>('SELECT name FROM wares ORDER BY id')
      const seen = await database.select<{ name: string }>('SELECT name FROM names')
      assert.equal(seen.length, rows.length, 'the view reads them')
      return rows.map(({ name }) => name)
    })
  }
}
