import { createHmac } from 'node:crypto'
import type { TenantIdentity } from '../contract.js'

/**
 * The password of a tenant's database user, derived from its own and `dbSalt`: whoever reads the catalog, or knows the
 * tenant's password, does not have it. The prefix holds what MySQL's MEDIUM policy asks for: upper and lower case,
 * a digit and a special character. https://dev.mysql.com/doc/refman/8.0/en/validate-password-options-variables.html
 */
export function databasePassword(dbSalt: string, identity: TenantIdentity): string {
  const hmac = createHmac('sha256', dbSalt).update(`database-password\0${identity.user}\0${identity.secret}`)
  return `Aa1-${hmac.digest('base64url')}`
}
