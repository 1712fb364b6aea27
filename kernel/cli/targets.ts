import { M3Error } from '../errors.js'
import { parseTenantId, type TenantId } from '../names.js'

/** `catalog`, or the id of a tenant. Throws BAD_REQUEST for anything else. */
export function parseTarget(text: string): 'catalog' | TenantId {
  if (text === 'catalog') return text
  return parseTenant(text)
}

function parseTenant(text: string): TenantId {
  const id = parseTenantId(text)
  if (id === undefined) {
    throw new M3Error('BAD_REQUEST', `"${text}" is no tenant id: a tenant is named by its positive integer, such as 1`)
  }
  return id
}
