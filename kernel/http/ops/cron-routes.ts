import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TenantId } from '../../names.js'
import { MOST_RUNS, type RunFilter } from '../../run-filter.js'
import { CRON_QUERY } from './cron-query.js'
import { streamEvents } from './ndjson.js'
import { type OfTenant, tenantIn } from './of-tenant.js'
import { type Query, queryOf } from './query.js'

type Target = 'catalog' | TenantId

/**
 * What the routes of cron jobs set in motion. Reports and events are ready for JSON. Throws TENANT_UNKNOWN,
 * TENANT_SUSPENDED, TENANT_UNAVAILABLE, DATABASE_UNAVAILABLE, JOB_UNKNOWN, JOB_RUNNING.
 */
export interface CronRouteActions {
  /** Runs what is due, or tells of it. The signal, or whoever stops reading, ends it after the jobs that run. */
  tick(options: { readonly now?: Date; readonly dryRun?: boolean }, signal: AbortSignal): AsyncIterable<object>
  /** The jobs of one database, or of all. */
  list(target: Target | undefined, now?: Date): Promise<object>
  /** The newest runs first. */
  runs(target: Target, filter: RunFilter): Promise<object>
  /** Runs one job, due or not. */
  run(target: Target, module: string, job: string, now?: Date): Promise<object>
}

export interface CronRouteParts {
  readonly cron: CronRouteActions
  /** Of moments that are given without an offset. */
  readonly timeZone: string
}

interface OfJob {
  Params: { module: string; job: string }
}

/** The routes of cron jobs, of the catalog and of tenants; they stand behind the ops token. */
export function cronRoutes(app: FastifyInstance, { cron, timeZone }: CronRouteParts): void {
  const { now, dryRun, job, most } = CRON_QUERY
  const at = async ({ now: given }: Query<{ now: typeof now }>) => given?.(timeZone)
  const list = async (target: Target | undefined, request: FastifyRequest) =>
    cron.list(target, await at(queryOf(request, { now })))
  const runs = (target: Target, request: FastifyRequest) =>
    cron.runs(target, { most: MOST_RUNS, ...queryOf(request, { job, most }) })
  const run = async (target: Target, request: FastifyRequest<OfJob>) => {
    const moment = await at(queryOf(request, { now }))
    return cron.run(target, request.params.module, request.params.job, moment)
  }

  app.get('/cron', (request) => list(undefined, request))
  app.get<OfTenant>('/:tenant/cron', (request) => list(tenantIn(request, 'cron'), request))
  app.get('/cron/runs', (request) => runs('catalog', request))
  app.get<OfTenant>('/:tenant/cron/runs', (request) => runs(tenantIn(request, 'cron'), request))
  app.post('/cron/tick', async (request, reply) => {
    const { dryRun: isDry = false, ...query } = queryOf(request, { now, dryRun })
    const moment = await at(query)
    const options = moment === undefined ? { dryRun: isDry } : { dryRun: isDry, now: moment }
    return streamEvents({ begin: (signal) => cron.tick(options, signal), failed: 'the tick failed' }, request, reply)
  })
  app.post<OfJob>('/cron/:module/:job', (request) => run('catalog', request))
  app.post<OfTenant & OfJob>('/:tenant/cron/:module/:job', (request) => run(tenantIn(request, 'cron'), request))
}
