import { InvalidArgumentError } from 'commander'
import { parseTenantId, type TenantId } from '../names.js'

/** How `--help` names what a command is done to. */
export const TARGET = 'a tenant id, or "catalog"'

/** `catalog`, or the id of a tenant. Throws what commander takes for a wrong argument. */
export function parseTarget(text: string): 'catalog' | TenantId {
  if (text === 'catalog') return text
  const id = parseTenantId(text)
  if (id === undefined) throw new InvalidArgumentError('A target is the id of a tenant, such as 1, or "catalog".')
  return id
}

export function parseTenant(text: string): TenantId {
  const id = parseTenantId(text)
  if (id === undefined) throw new InvalidArgumentError('A tenant is named by its positive integer, such as 1.')
  return id
}
