import type { FastifyInstance, FastifyRequest } from 'fastify'
import { M3Error } from '../../errors.js'
import type { RevertTarget } from '../../migrations/down.js'
import type { MigrationMode } from '../../migrations/run-mode.js'
import type { TenantId } from '../../names.js'
import { sendFullProblem } from '../send-problem.js'
import { tokenCheck } from './auth.js'
import { type BackupRouteActions, backupRoutes } from './backup-routes.js'
import { type CronRouteActions, cronRoutes } from './cron-routes.js'
import { type MigrateAll, streamFleet } from './fleet-route.js'
import { type OfTenant, tenantIn } from './of-tenant.js'
import { queryOf } from './query.js'

/** What the ops routes set in motion. Throws LOCKED, MIGRATION_REFUSED, SEED_REFUSED, CATALOG_REFUSED, TENANT_UNKNOWN. */
export interface OpsActions {
  /** Gives a report of what was done, ready for JSON. */
  migrate(target: 'catalog' | TenantId, mode: MigrationMode): Promise<object>
  /** What a migration would do; it does nothing. */
  plan(target: 'catalog' | TenantId): Promise<object>
  /** Takes hand-written migrations back. */
  revert(target: 'catalog' | TenantId, to: RevertTarget): Promise<object>
  /** Drops what nobody needs any more, or tells of it. */
  prune(target: 'catalog' | TenantId, confirmed: boolean): Promise<object>
  /** Migrates all tenants, telling of each as it goes. */
  readonly migrateAll: MigrateAll
  /** The modules that were found, and what is wrong with those that cannot be used. */
  modules(): Promise<object>
  readonly cron: CronRouteActions
  readonly backups: BackupRouteActions
}

export interface OpsParts {
  readonly actions: OpsActions
  readonly token: string
  /** Of moments that are given without an offset. */
  readonly timeZone: string
}

const PATHS: readonly (readonly [string, MigrationMode])[] = [
  ['/migrate', 'migrate'],
  ['/migrate/force', 'force'],
  ['/migrate/seed', 'seed'],
  ['/migrate/deseed', 'deseed'],
]

/** The routes of those who run the deployment, all behind the ops token. */
export async function opsRoutes(app: FastifyInstance, { actions, token, timeZone }: OpsParts): Promise<void> {
  app.addHook('onRequest', tokenCheck(token))
  app.setErrorHandler(sendFullProblem)
  // What is asked for stands in the path alone; whatever a client sends along is not looked at.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null)
  })
  app.get('/modules', () => actions.modules())
  app.get('/migrate/plan', () => actions.plan('catalog'))
  app.get<OfTenant>('/:tenant/migrate/plan', (request) => actions.plan(tenantIn(request, 'migrate')))
  app.post('/migrate/down', (request) => actions.revert('catalog', revertTargetIn(request)))
  app.post<OfTenant>('/:tenant/migrate/down', (request) =>
    actions.revert(tenantIn(request, 'migrate'), revertTargetIn(request)),
  )
  for (const method of ['GET', 'POST'] as const) {
    const prune = async (target: 'catalog' | TenantId, request: FastifyRequest) => {
      queryOf(request, {})
      return actions.prune(target, method === 'POST')
    }
    app.route({ method, url: '/migrate/prune', handler: (request) => prune('catalog', request) })
    app.route<OfTenant>({
      method,
      url: '/:tenant/migrate/prune',
      handler: (request) => prune(tenantIn(request, 'migrate'), request),
    })
  }
  app.route({
    method: ['GET', 'POST'],
    url: '/migrate/all',
    handler: (request, reply) => streamFleet(actions.migrateAll, request, reply),
  })
  cronRoutes(app, { cron: actions.cron, timeZone })
  backupRoutes(app, actions.backups)
  for (const [path, mode] of PATHS) {
    app.route({ method: ['GET', 'POST'], url: path, handler: () => actions.migrate('catalog', mode) })
    app.route<OfTenant>({
      method: ['GET', 'POST'],
      url: `/:tenant${path}`,
      handler: (request) => actions.migrate(tenantIn(request, 'migrate'), mode),
    })
  }
}

function revertTargetIn({ query }: Pick<FastifyRequest, 'query'>): RevertTarget {
  const { to } = query as { readonly to?: unknown }
  if (typeof to === 'string' && to !== '') return to === '0' ? 0 : to
  throw new M3Error('BAD_REQUEST', 'Say down to which migration: ?to=notes@v1/split-title, or ?to=0 for all of them')
}
