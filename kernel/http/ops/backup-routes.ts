import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isDatabaseIdentifier, parseTenantId, type TenantId } from '../../names.js'
import { MOST_RULE, MOST_RUNS, parseMost } from '../../run-filter.js'
import { streamEvents } from './ndjson.js'
import { type OfTenant, tenantIn } from './of-tenant.js'
import { queryOf, TRUE_OR_FALSE } from './query.js'

type Target = 'catalog' | TenantId

interface RouteOptions {
  readonly signal: AbortSignal
}

interface RouteRestore {
  readonly from: Target
  readonly at?: string
  readonly as?: TenantId | { readonly newTenant: string }
  readonly subscriptions?: 'copy' | 'none'
  readonly dryRun?: boolean
}

/**
 * What the routes of backups set in motion. Reports are ready for JSON. Throws TENANT_UNKNOWN, DATABASE_UNAVAILABLE, LOCKED,
 * BACKUP_UNKNOWN, BACKUP_INVALID, BACKUP_FAILED, RESTORE_REFUSED, RESTORE_FAILED.
 */
export interface BackupRouteActions {
  create(
    target: Target,
    options: RouteOptions & { readonly reason: 'manual'; readonly format?: 'archive' | 'sql' },
  ): Promise<{ readonly name: string }>
  createAll(options: RouteOptions): AsyncIterable<object>
  list(target?: Target): Promise<object>
  history(target: Target | undefined, most: number): Promise<object>
  /** The file as it is. */
  open(
    target: Target,
    name: string,
  ): Promise<{
    readonly bytes: number
    readonly stream: NodeJS.ReadableStream
    readonly summary: { readonly name: string }
  }>
  remove(target: Target, name: string): Promise<void>
  restore(request: RouteRestore, options: RouteOptions): Promise<object>
}

interface OfBackup {
  Params: { name: string }
}

const FORMAT = {
  rule: 'archive or sql',
  parse: (text: string) => (text === 'archive' || text === 'sql' ? text : undefined),
} as const
const MOST = { rule: MOST_RULE, parse: parseMost } as const
/** What `BackupActions.restore` is asked for, in the words of its command. */
const RESTORE = {
  at: { rule: 'a date or the name of a backup', parse: (text: string) => text || undefined },
  as: { rule: 'the id of a tenant, or a name for a new one', parse: parseAs },
  subscriptions: {
    rule: 'copy or none',
    parse: (text: string) => (text === 'copy' || text === 'none' ? text : undefined),
  },
  dryRun: TRUE_OR_FALSE,
} as const

/** The routes of backups, of the catalog and of tenants; they stand behind the ops token. */
export function backupRoutes(app: FastifyInstance, backups: BackupRouteActions): void {
  app.post('/backups/all', (request, reply) =>
    streamEvents(
      { begin: (signal) => backups.createAll({ signal }), failed: 'the backup of all failed' },
      request,
      reply,
    ),
  )
  app.get('/backups/files', async (request) => {
    queryOf(request, {})
    return backups.list()
  })
  for (const [prefix, targetIn] of [
    ['', (): Target => 'catalog'],
    ['/:tenant', (request: FastifyRequest): Target => tenantIn(request as FastifyRequest<OfTenant>, 'backups')],
  ] as const) {
    app.post(`${prefix}/backups`, async (request, reply) => {
      const target = targetIn(request)
      const report = await backups.create(target, {
        reason: 'manual',
        ...queryOf(request, { format: FORMAT }),
        signal: leaving(request, reply),
      })
      return reply.code(201).send(report)
    })
    app.get(`${prefix}/backups`, async (request) => {
      queryOf(request, {})
      return backups.list(targetIn(request))
    })
    app.get(`${prefix}/backups/history`, async (request) => {
      const { most = MOST_RUNS } = queryOf(request, { most: MOST })
      return backups.history(targetIn(request), most)
    })
    app.post(`${prefix}/backups/restore`, async (request, reply) => {
      const asked = queryOf(request, RESTORE)
      return backups.restore({ from: targetIn(request), ...asked }, { signal: leaving(request, reply) })
    })
    app.get<OfBackup>(`${prefix}/backups/:name`, async (request, reply) => {
      const { bytes, stream, summary } = await backups.open(targetIn(request), request.params.name)
      // The name is one of ours: letters, digits and - . _ alone.
      return (
        reply
          // Of a type that is not compressed once more on its way: https://www.rfc-editor.org/rfc/rfc6713
          .type(summary.name.endsWith('.gz') ? 'application/gzip' : 'application/x-encrypted')
          .header('content-length', bytes)
          .header('content-disposition', `attachment; filename="${summary.name}"`)
          .send(stream)
      )
    })
    app.delete<OfBackup>(`${prefix}/backups/:name`, async (request, reply) => {
      await backups.remove(targetIn(request), request.params.name)
      return reply.code(204).send()
    })
  }
}

/** Aborted when the client has left before it was answered. */
function leaving({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const leave = () => {
    if (!raw.writableFinished) controller.abort(new Error('the client has left'))
  }
  raw.once('close', () => {
    socket.off('close', leave)
    leave()
  })
  if (socket.destroyed) leave()
  else socket.once('close', leave)
  return controller.signal
}

function parseAs(text: string): RouteRestore['as'] {
  return parseTenantId(text) ?? (isDatabaseIdentifier(text) ? { newTenant: text } : undefined)
}
