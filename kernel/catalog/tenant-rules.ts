import type { Config } from '../config/config.js'
import type { SeedRow } from '../contract/define-seed.js'
import type { Fault } from '../errors.js'
import { isTenantId, type ReservedNames, reservedNames, tenantNameFault, tenantUserFault } from '../names.js'

/** What the catalog needs to know of the configuration. */
export interface CatalogRules {
  readonly dbSalt: string
  readonly reserved: ReservedNames
  /** The first levels of the topics that all tenants share: a tenant of such a name would take them for its own. */
  readonly sharedLevels: ReadonlySet<string>
}

/** `catalogName` is the name of the catalog's own database. */
export function catalogRules(
  config: Pick<Config, 'dbSalt' | 'tenants'> & { readonly mqtt: Pick<Config['mqtt'], 'sharedTopics'> },
  catalogName: string,
): CatalogRules {
  const { database } = config.tenants
  const catalogs = [catalogName, ...(database ? [database.database] : [])]
  return {
    dbSalt: config.dbSalt,
    reserved: reservedNames(catalogs, database ? [database.user] : []),
    sharedLevels: new Set(config.mqtt.sharedTopics.map((filter) => filter.split('/', 1)[0] as string)),
  }
}

/** What is wrong with a tenant's id, name, user and password. An id that is left out is given by the database. Pure. */
export function identityFaults(row: SeedRow, path: string, { reserved, sharedLevels }: CatalogRules): Fault[] {
  const faults: Fault[] = []
  const { id, name, user, password } = row
  if (id !== undefined && !isTenantId(id)) faults.push({ path: `${path}.id`, message: 'must be a positive integer' })
  const nameFault = tenantNameFault(name, reserved) ?? topicFault(name, sharedLevels)
  if (nameFault) faults.push({ path: `${path}.name`, message: nameFault })
  const userFault = tenantUserFault(user, reserved)
  if (userFault) faults.push({ path: `${path}.user`, message: userFault })
  if (typeof password !== 'string' || password === '') {
    faults.push({ path: `${path}.password`, message: 'must be a text that is not empty' })
  }
  return faults
}

function topicFault(name: unknown, sharedLevels: ReadonlySet<string>): string | undefined {
  if (typeof name !== 'string' || !sharedLevels.has(name)) return undefined
  return `${name} is the first level of one of mqtt.sharedTopics, which belong to all tenants`
}
