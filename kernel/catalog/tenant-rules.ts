import type { Config } from '../config/config.js'
import type { SeedRow } from '../contract/define-seed.js'
import type { Fault } from '../errors.js'
import { isDatabaseIdentifier, isTenantId, MAX_USER_LENGTH } from '../names.js'

/** What the catalog needs to know of the configuration. */
export interface CatalogRules {
  readonly dbSalt: string
  /** In lower case. */
  readonly reserved: { readonly databases: ReadonlySet<string>; readonly users: ReadonlySet<string> }
}

const SYSTEM_DATABASES = ['mysql', 'information_schema', 'performance_schema', 'sys']
/** `mysql` is an account of its own on Debian's MariaDB. */
const SYSTEM_USERS = ['root', 'mysql']

/** `catalogName` is the name of the catalog's own database. */
export function catalogRules(config: Pick<Config, 'dbSalt' | 'tenants'>, catalogName: string): CatalogRules {
  const { database } = config.tenants
  const lower = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()))
  return {
    dbSalt: config.dbSalt,
    reserved: {
      databases: lower([...SYSTEM_DATABASES, catalogName, ...(database ? [database.database] : [])]),
      users: lower([...SYSTEM_USERS, ...(database ? [database.user] : [])]),
    },
  }
}

/** What is wrong with a tenant's id, name, user and password. An id that is left out is given by the database. Pure. */
export function identityFaults(row: SeedRow, path: string, { reserved }: CatalogRules): Fault[] {
  const faults: Fault[] = []
  const { id, name, user, password } = row
  if (id !== undefined && !isTenantId(id)) faults.push({ path: `${path}.id`, message: 'must be a positive integer' })
  const spelling = 'must be a letter, then letters, digits or _, at most'
  if (typeof name !== 'string' || !isDatabaseIdentifier(name)) {
    faults.push({ path: `${path}.name`, message: `${spelling} 64: it becomes the name of the database` })
  } else if (reserved.databases.has(name.toLowerCase())) {
    faults.push({ path: `${path}.name`, message: `${name} is a database of the system or the catalog itself` })
  }
  if (typeof user !== 'string' || !isDatabaseIdentifier(user) || user.length > MAX_USER_LENGTH) {
    faults.push({ path: `${path}.user`, message: `${spelling} ${MAX_USER_LENGTH}: it becomes a database user` })
  } else if (reserved.users.has(user.toLowerCase())) {
    faults.push({ path: `${path}.user`, message: `${user} is a user of the database system, not of a tenant` })
  }
  if (typeof password !== 'string' || password === '') {
    faults.push({ path: `${path}.password`, message: 'must be a text that is not empty' })
  }
  return faults
}
