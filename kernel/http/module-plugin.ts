import type { FastifyBaseLogger, FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { ModuleDefinition } from '../contract/define-module.js'
import { formatModuleVersion, type ModuleVersionName } from '../names.js'
import type { RouteSummary, TenantRuntime } from '../tenants/contract.js'
import type { HeadRoutes } from './head-routes.js'
import { normalizeConstraints } from './version-constraint.js'

export interface ModulePluginParts {
  readonly tenant: TenantRuntime
  readonly module: ModuleDefinition
  readonly log: FastifyBaseLogger
  readonly heads: HeadRoutes
  /** Each route is added to it. */
  readonly routes: RouteSummary[]
  /** Called as the module's own code starts to run. */
  onStart(name: ModuleVersionName): void
}

/** Registers one module version in a tenant's scope: its exports, then its routes under `/<module>/v<major>`. */
export function registerModule(app: FastifyInstance, parts: ModulePluginParts): void {
  const { tenant, module, heads } = parts
  const name = formatModuleVersion(module.name, module.version)

  async function plugin(scope: FastifyInstance): Promise<void> {
    parts.onStart(name)
    scope.addHook('onRoute', (route) => {
      adjustRoute(module, route, heads)
      parts.routes.push(...summaries(module, route))
    })
    const context = tenant.contextOf(module, parts.log.child({ module: name }))
    await tenant.prepareExports(module, context)
    await module.routes?.(scope, context)
  }

  // Fastify checks the order of the dependencies a second time. Without `encapsulate`, fp would ignore the prefix.
  app.register(fp(plugin, { name, dependencies: [...module.dependsOn], encapsulate: true }), {
    prefix: `/${module.name}/v${module.version}`,
  })
}

type RegisteredRoute = RouteOptions & { readonly path: string; readonly prefix: string }

function adjustRoute(module: ModuleDefinition, route: RegisteredRoute, heads: HeadRoutes): void {
  if (route.constraints) route.constraints = normalizeConstraints(module, route)
  if ([route.method].flat().includes('HEAD')) heads.add(route.url)
}

/** One a method; a variant is shown under the version that it exists since. */
function summaries(module: ModuleDefinition, route: RegisteredRoute): RouteSummary[] {
  const base = `/${module.name}/v${module.version}`
  const { since } = route.constraints ?? {}
  const path = since === undefined ? route.url : `/${module.name}/v${since}${route.url.slice(base.length)}`
  // `:id(^[0-9]+$)` is shown as `:id`: what may stand there is the router's to know.
  const shown = path.replace(/(:\w+)\((?:[^()]|\([^()]*\))*\)/g, '$1')
  return [route.method].flat().map((method) => ({ method, path: shown }))
}
