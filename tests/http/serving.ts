import { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import type { Config } from '../../kernel/config/config.js'
import type { ModuleContext } from '../../kernel/contract/context.js'
import type { ModuleDefinition } from '../../kernel/contract/define-module.js'
import { describeError } from '../../kernel/describe-error.js'
import { M3Error } from '../../kernel/errors.js'
import type { OpsActions } from '../../kernel/http/ops/ops-routes.js'
import { createHttpServer, type HttpServer } from '../../kernel/http/server.js'
import { createScopeBuilder, type ScopeParts } from '../../kernel/http/tenant-scope.js'
import { formatModuleVersion, type TenantId } from '../../kernel/names.js'
import type { LiveTenant, Scope, TenantRuntime, TenantSource } from '../../kernel/tenants/contract.js'

export const TOKEN = 'a token of the ops people'

export const httpDefaults: Config['http'] = {
  host: '127.0.0.1',
  port: 0,
  bodyLimit: 10_000,
  trustProxy: false,
  shutdownSeconds: 5,
}

/** The modules of a tenant without a database: what they export is all that they can use of one another. */
export function runtimeOf(id: TenantId, modules: readonly ModuleDefinition[]): TenantRuntime {
  const made = new Map<string, unknown>()
  const none = () => {
    throw new Error('this tenant has no database')
  }
  return {
    id,
    name: `tenant_${id}`,
    modules,
    contextOf: (_module, log) =>
      ({
        tenant: { id, name: `tenant_${id}` },
        table: none,
        view: none,
        sql: Object.assign(none, { run: none }),
        transaction: none,
        use: (module: ModuleDefinition) => made.get(formatModuleVersion(module.name, module.version)),
        log,
      }) as unknown as ModuleContext,
    async prepareExports(module, context) {
      made.set(formatModuleVersion(module.name, module.version), await module.exports?.(context))
    },
  }
}

export interface CountedTenant extends LiveTenant {
  inFlight: number
  served: number
}

/** Tenants by id, built on their first request by the real builder. */
export class MemoryTenants implements TenantSource {
  readonly tenants = new Map<TenantId, CountedTenant>()
  builds = 0
  readonly #modules: Readonly<Record<TenantId, readonly ModuleDefinition[]>>
  readonly #parts: ScopeParts
  readonly #builder: ReturnType<typeof createScopeBuilder>
  readonly #building = new Map<TenantId, Promise<void>>()

  constructor(modules: Readonly<Record<TenantId, readonly ModuleDefinition[]>>, parts: ScopeParts) {
    this.#modules = modules
    this.#parts = parts
    this.#builder = createScopeBuilder(this.#parts)
  }

  live(id: TenantId): LiveTenant | undefined {
    return this.tenants.get(id)
  }

  async build(id: TenantId): Promise<void> {
    const modules = this.#modules[id]
    if (!modules) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
    const building = this.#building.get(id) ?? this.#start(id, modules)
    this.#building.set(id, building)
    await building.finally(() => this.#building.delete(id))
  }

  async #start(id: TenantId, modules: readonly ModuleDefinition[]): Promise<void> {
    this.builds++
    const scope = await this.#builder(runtimeOf(id, modules))
    this.tenants.set(id, counted(id, scope))
  }
}

function counted(id: TenantId, scope: Scope): CountedTenant {
  return {
    id,
    name: `tenant_${id}`,
    scope,
    inFlight: 0,
    served: 0,
    begin() {
      this.inFlight++
    },
    end() {
      this.inFlight--
      this.served++
    },
  }
}

/** Actions that say what they were asked for. */
export const NO_OPS: OpsActions = {
  migrate: async (target, mode) => ({ target, mode }),
  plan: async (target) => ({ plan: [], target }),
  revert: async (target, to) => ({ target, to }),
  prune: async (target, confirmed) => ({ target, confirmed }),
  async *migrateAll() {
    yield* []
  },
  modules: async () => ({ modules: [] }),
  cron: {
    async *tick(options) {
      yield { event: 'summary', ...options }
    },
    list: async (target, now) => ({ jobs: [], target, now }),
    runs: async (target, filter) => [{ target, ...filter }],
    run: async (target, module, job, now) => ({ target, module, job, now }),
  },
  backups: {
    create: async (target, { signal: _signal, ...options }) => ({ name: 'one', target, ...options }),
    async *createAll() {
      yield { event: 'summary' }
    },
    list: async (target) => [{ target }],
    history: async (target, most) => [{ target, most }],
    open: async (target, name) => {
      const text = `${target} ${name}`
      return { bytes: text.length, stream: Readable.from([text]), summary: { name } }
    },
    remove: async () => {},
    restore: async (request) => request,
  },
}

export interface ServeOptions {
  readonly http?: Partial<Config['http']>
  readonly subDirectory?: string
  readonly ops?: Partial<OpsActions>
  readonly isReady?: () => Promise<void>
  readonly registerSeconds?: number
  readonly tenants?: TenantSource
}

export interface Serving {
  readonly url: string
  readonly server: HttpServer
  readonly tenants: MemoryTenants
  /** The lines of the log so far, parsed. */
  readonly lines: Record<string, unknown>[]
}

/** A server on a free port over the given tenants, closed when the test ends. */
export async function serve(
  t: Pick<TestContext, 'after'>,
  modules: Readonly<Record<TenantId, readonly ModuleDefinition[]>>,
  options: ServeOptions = {},
): Promise<Serving> {
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const log = pino({ level: 'info', serializers: { err: describeError } }, sink)
  const config = {
    http: { ...httpDefaults, ...options.http },
    sub_directory: options.subDirectory ?? '',
    timeZone: 'Europe/Berlin',
  }
  const registerSeconds = options.registerSeconds ?? 10
  const tenants = new MemoryTenants(modules, { config, log, registerSeconds })
  const server = await createHttpServer({
    config,
    log,
    tenants: options.tenants ?? tenants,
    ops: {
      ...NO_OPS,
      ...options.ops,
    },
    token: TOKEN,
    isReady: options.isReady ?? (async () => {}),
  })
  const { url } = await server.listen()
  t.after(() => server.close(1))
  return { url, server, tenants, lines }
}
