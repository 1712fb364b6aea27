import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Config } from '../config/config.js'
import { M3Error, messageOf } from '../errors.js'
import type { ModuleVersionName } from '../names.js'
import type { BuildScope, RouteSummary, Scope, TenantRuntime } from '../tenants/contract.js'
import { registerCommon } from './common-plugins.js'
import { sharedCompilers } from './compilers.js'
import { installFullVersion } from './full-version.js'
import { HeadRoutes } from './head-routes.js'
import { instanceOptions, useLog } from './instance-options.js'
import { registerModule } from './module-plugin.js'
import { neverListeningServer } from './never-listening.js'
import { createOnSend } from './on-send.js'
import { pathOf } from './request-path.js'
import { slim } from './slim-instance.js'

export interface ScopeParts {
  readonly config: Pick<Config, 'http'>
  readonly log: FastifyBaseLogger
  /** How long one module may take to register; 10 by default. */
  readonly registerSeconds?: number
  /** How long the onClose hooks of the modules may take; 10 by default. */
  readonly closeSeconds?: number
}

/** The refusals of a build that another attempt may not meet. */
const PASSING = new Set(['DATABASE_UNAVAILABLE', 'OVERLOADED', 'QUEUE_FULL', 'SHUTTING_DOWN'])

/** Makes the builder of tenants' scopes: what it compiles is shared by all that it builds. */
export function createScopeBuilder(parts: ScopeParts): BuildScope {
  const { http } = parts.config
  const { registerSeconds = 10 } = parts
  const schemaController = sharedCompilers()
  const server = neverListeningServer()
  const prepared = Promise.all([createOnSend(), installFullVersion()])

  return async function createTenantScope(tenant: TenantRuntime): Promise<Scope> {
    const log = parts.log.child({ tenant: tenant.id })
    const app = Fastify({
      ...instanceOptions(http, log),
      schemaController,
      pluginTimeout: registerSeconds * 1000,
      serverFactory: () => server,
    })
    useLog(app, log)
    const close = app.close.bind(app)
    const slimming = slim(app)
    guard(app)
    const heads = new HeadRoutes()
    const routes: RouteSummary[] = []
    let running: ModuleVersionName | undefined
    const [onSend] = await prepared
    registerCommon(app, { http, onSend, role: 'tenant' })
    app.setNotFoundHandler((request) => {
      const path = pathOf(request.originalUrl).slice(0, 256)
      throw new M3Error('NOT_FOUND', `Nothing answers ${request.method} ${path}`)
    })
    for (const module of tenant.modules) {
      registerModule(app, { tenant, module, log, heads, routes, onStart: (name) => (running = name) })
    }
    try {
      await app.ready()
      slimming.finish()
    } catch (error) {
      await closeWithin(close, parts.closeSeconds ?? 10, log)
      throw refusal(tenant, running, isTimeout(error) ? late(registerSeconds) : error)
    }
    // Held here: an instance is an object of a shape of its own, and looking a method up in it is slow.
    const route = app.routing
    return {
      routes,
      handle(request: IncomingMessage, response: ServerResponse): void {
        if (request.method === 'HEAD' && !heads.has(request.url ?? '/')) request.method = 'GET'
        route(request, response)
      },
      close: () => closeWithin(close, parts.closeSeconds ?? 10, log),
    }
  }
}

/** Takes from modules what would reach beyond their own scope: the tenant's life and its router. */
function guard(app: FastifyInstance): void {
  for (const method of ['close', 'listen', 'addConstraintStrategy', 'addHttpMethod'] as const) {
    Object.defineProperty(app, method, {
      value: () => {
        throw new M3Error('MODULE_INVALID', `A module must not call app.${method}: that is the kernel's to do`)
      },
    })
  }
}

function isTimeout(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'FST_ERR_PLUGIN_TIMEOUT' || code === 'AVV_ERR_PLUGIN_EXEC_TIMEOUT'
}

function late(seconds: number): M3Error {
  return new M3Error('MODULE_INVALID', `its registration does not end within ${seconds} s`)
}

function refusal(tenant: TenantRuntime, running: ModuleVersionName | undefined, error: unknown): M3Error {
  if (error instanceof M3Error && PASSING.has(error.code)) return error
  const path = moduleOf(error) ?? running ?? ''
  const own = error instanceof M3Error ? error.faults.map((fault) => ({ ...fault, path: `${path} ${fault.path}` })) : []
  return new M3Error('TENANT_UNAVAILABLE', `Tenant ${tenant.id} cannot be served: ${path} does not register`, {
    faults: [{ path, message: messageOf(error) }, ...own],
    cause: error,
  })
}

/** Schemas are compiled after all modules ran; Fastify names the route whose schema is wrong. */
function moduleOf(error: unknown): string | undefined {
  const match = /^Failed building the (?:validation|serialization) schema for \w+: \/([^/]+)\/(v\d+)/.exec(
    messageOf(error),
  )
  return match ? `${match[1]}@${match[2]}` : undefined
}

/** What a module does on close is awaited for so long; a scope must not keep its tenant's connections open for ever. */
async function closeWithin(close: () => Promise<unknown>, seconds: number, log: FastifyBaseLogger): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.error(`an onClose hook has not ended within ${seconds} s and is no longer waited for`)
      resolve()
    }, seconds * 1000)
  })
  const closed = close().then(
    () => undefined,
    (error: unknown) => log.error({ err: error }, 'an onClose hook failed'),
  )
  await Promise.race([closed, late])
  clearTimeout(timer)
}
