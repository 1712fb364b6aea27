import type { FastifyRequest } from 'fastify'
import { M3Error } from '../../errors.js'
import { parseTenantId, type TenantId } from '../../names.js'

export interface OfTenant {
  Params: { tenant: string }
}

/**
 * The tenant that a route of `/{tenant}/<room>` names. Ids are written in digits, never percent-encoded: one tenant, one
 * URL. Throws TENANT_UNKNOWN.
 */
export function tenantIn(
  { params, originalUrl }: Pick<FastifyRequest<OfTenant>, 'params' | 'originalUrl'>,
  room: 'migrate' | 'cron' | 'backups',
): TenantId {
  const id = originalUrl.includes(`/${params.tenant}/${room}`) ? parseTenantId(params.tenant) : undefined
  if (id === undefined) throw new M3Error('TENANT_UNKNOWN', 'A tenant id is a positive integer')
  return id
}
