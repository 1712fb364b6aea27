import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import { assembleKernel, type Kernel } from '../../kernel/kernel.js'
import type { FleetEvent, FleetSummary, TenantEvent } from '../../kernel/migrations/fleet/fleet-events.js'
import { makeAppRoot } from '../modules/app-root.js'
import { databaseOn } from '../support/app.js'
import { callCommand, type Outcome } from '../support/command.js'
import type { Ending } from '../support/ending.js'
import type { SharedMariaDb } from '../support/mariadb.js'
import { seedFiles } from '../support/seeds.js'

export const TENANTS = 40

/** A module with a table, a seed and a hand-written migration; `body` is what that does. */
const moduleWith = (name: string, body: string) => `import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { defineMigration, defineModule, defineSeed, defineTable, varchar } from 'm3saas'
const flag = (name) => existsSync(new URL('../../../flags-' + name, import.meta.url))
const table = defineTable('${name}_things', { columns: { name: varchar(50) } })
const first = defineMigration({ name: 'first', up: async ({ execute }) => { ${body} } })
export const ${name} = defineModule({
  name: '${name}', version: 1, tables: [table], seeds: [defineSeed(table, { main: [{ id: 1, name: 'one' }] })], migrations: [first],
})
`

/** An app root with 40 tenants of the module `shop`; none is migrated yet. */
export class FleetRoot {
  private constructor(
    readonly root: string,
    readonly ending: Ending,
  ) {}

  /** `broken`: tenants whose migration throws while the flag `broken` is up. `held`: those that wait while `hold` is. */
  static async make(
    ending: Ending,
    server: SharedMariaDb | undefined,
    { broken = [], held = [] }: { broken?: readonly number[]; held?: readonly number[] } = {},
  ): Promise<FleetRoot> {
    const run = randomBytes(4).toString('hex')
    const ids = Array.from({ length: TENANTS }, (_, i) => i + 1)
    const modules = ['shop', 'broken', 'held']
    const subscribed = [ids, broken, held].flatMap((tenants, i) => tenants.map((tenant) => [tenant, i + 1]))
    const root = await makeAppRoot(ending, {
      'config.json': JSON.stringify({
        dbSalt: 'salt of the tests',
        http: { port: 0 },
        ...(server ? { tenants: { database: databaseOn(server) } } : {}),
      }),
      'plugins/shop/v1/shop.module.mjs': moduleWith('shop', "await execute('CREATE TABLE written (id INT)')"),
      'plugins/broken/v1/broken.module.mjs': moduleWith('broken', "if (flag('broken')) throw new Error('hunter2')"),
      'plugins/held/v1/held.module.mjs': moduleWith('held', "while (flag('hold')) await setTimeout(5)"),
      ...seedFiles({
        tenants: ids.map((id) => ({ id, name: `f${id}_${run}`, user: `f${id}_${run}`, password: 'plain' })),
        modules: modules.map((name, i) => ({ id: i + 1, name })),
        subscriptions: subscribed.map(([tenant_id, module_id], i) => ({ id: i + 1, tenant_id, module_id, version: 1 })),
      }),
    })
    const made = new FleetRoot(root, ending)
    await made.raise('broken')
    return made
  }

  raise(flag: 'broken' | 'hold'): Promise<void> {
    return writeFile(path.join(this.root, `flags-${flag}`), '')
  }

  lower(flag: 'broken' | 'hold'): Promise<void> {
    return rm(path.join(this.root, `flags-${flag}`))
  }

  async configuration(): Promise<object> {
    return JSON.parse(await readFile(path.join(this.root, 'config.json'), 'utf8'))
  }

  /** Closed at the end. */
  async kernel(): Promise<Kernel> {
    const config = await loadConfig(this.root, {})
    const kernel = await assembleKernel({ root: this.root, config, log: pino({ level: 'silent' }) })
    this.ending.after(() => kernel.close())
    return kernel
  }

  call(line: string): Promise<Outcome> {
    return callCommand(line.split(' '), { cwd: this.root })
  }

  /** `m3saas migrate --all --json`, and what it says. */
  async migrateAll(options = ''): Promise<Told & { readonly status: number | null }> {
    const { status, stdout, stderr } = await this.call(`migrate --all --json${options === '' ? '' : ` ${options}`}`)
    assert.equal(stderr, '')
    return { status, ...toldIn(stdout) }
  }

  /** For each tenant the migrations that its database has on record, as `name outcome`. */
  async records(kernel: Kernel): Promise<string[][]> {
    const { catalog } = kernel.engine
    const tenants = await catalog.select<{ name: string; user: string; secret: string }>(
      'SELECT name, user, password AS secret FROM tenants ORDER BY id',
    )
    const records: string[][] = []
    for (const tenant of tenants) {
      const database = kernel.engine.tenant(tenant)
      const rows = await database
        .select<{ name: string; outcome: string }>('SELECT name, outcome FROM m3saas_migrations ORDER BY id')
        .catch(() => [])
      records.push(rows.map(({ name, outcome }) => `${name.replace(/^generated\/.*/, 'generated')} ${outcome}`))
      await database.close()
    }
    return records
  }

  /** How many tenants of the latest run are in which state, and the states of the runs. */
  async states(kernel: Kernel): Promise<{ readonly runs: string[]; readonly tenants: Record<string, number> }> {
    const { catalog } = kernel.engine
    const runs = await catalog.select<{ state: string }>('SELECT state FROM m3saas_fleet_runs ORDER BY id')
    const tenants = await catalog.select<{ state: string; number: number }>(
      'SELECT state, COUNT(*) AS number FROM m3saas_fleet_tenants GROUP BY state',
    )
    return {
      runs: runs.map(({ state }) => state),
      tenants: Object.fromEntries(tenants.map(({ state, number }) => [state, Number(number)])),
    }
  }
}

export interface Told {
  readonly tenants: readonly TenantEvent[]
  /** Ids by outcome. */
  readonly by: Readonly<Record<string, readonly number[]>>
  readonly summary: FleetSummary | undefined
}

export function toldIn(ndjson: string): Told {
  const events = ndjson
    .split('\n')
    .slice(0, -1)
    .map((line): FleetEvent => JSON.parse(line))
  const tenants = events.filter((event) => event.event === 'tenant')
  const by: Record<string, number[]> = {}
  for (const { tenant, outcome } of tenants) {
    by[outcome] ??= []
    by[outcome].push(tenant)
  }
  for (const ids of Object.values(by)) ids.sort((a, b) => a - b)
  const last = events.at(-1)
  assert.equal(events.length, tenants.length + (last?.event === 'summary' ? 1 : 0), 'tenants, then the summary')
  return { tenants, by, summary: last?.event === 'summary' ? last : undefined }
}

/** From the first id to the last. */
export function idsFrom(first: number, last = TENANTS): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
