import { isDatabaseIdentifier } from '../../names.js'
import type { ConnectionGate, Database, DatabaseConnection, Engine, TenantIdentity } from '../contract.js'
import { PooledDatabase } from '../pooled-database.js'
import { changeSchema } from './change-schema.js'
import { catalogFile, provisionFile, tenantFile } from './database-files.js'
import { sqliteDdl } from './ddl.js'
import { HandleCloser } from './handle-closer.js'
import { introspect } from './introspect.js'
import { scratch } from './scratch.js'
import { SqliteDriver } from './sqlite-driver.js'
import { isMissing } from './sqlite-errors.js'

export interface SqliteEngineOptions {
  /** Absolute path of the folder of all databases. */
  readonly directory: string
  readonly limits: {
    readonly connectionsPerTenant: number
    readonly connectionWaitSeconds: number
    readonly connectionIdleSeconds: number
  }
  readonly gate: ConnectionGate
}

/** The name of the catalog's database in messages. */
const CATALOG = 'catalog'

/** One SQLite file a database: `catalog.sqlite` and `tenants/<name>.sqlite`. */
export function createSqliteEngine({ directory, limits, gate }: SqliteEngineOptions): Engine {
  const closer = new HandleCloser()
  const open = (name: string, file: string, connections = limits.connectionsPerTenant): Database =>
    new PooledDatabase(new SqliteDriver(name, file, limits.connectionWaitSeconds, closer), gate, {
      connections,
      waitSeconds: limits.connectionWaitSeconds,
      idleSeconds: limits.connectionIdleSeconds,
    })
  // A migration of all tenants keeps one for as long as it takes.
  const catalog = open(CATALOG, catalogFile(directory), Math.max(2, limits.connectionsPerTenant))
  const connectionTo = (database: string, file: string): DatabaseConnection => ({
    kind: 'sqlite',
    database,
    file,
    limits: {
      connections: limits.connectionsPerTenant,
      waitSeconds: limits.connectionWaitSeconds,
      idleSeconds: limits.connectionIdleSeconds,
    },
  })
  return {
    kind: 'sqlite',
    ddl: sqliteDdl,
    catalog,
    tenant: ({ name }: TenantIdentity) => open(name, fileOf(directory, name)),
    connectionOf: ({ name }: TenantIdentity) => connectionTo(name, fileOf(directory, name)),
    catalogConnection: () => connectionTo(CATALOG, catalogFile(directory)),
    restore: () => Promise.reject(new Error('not built yet')),
    recover: () => Promise.reject(new Error('not built yet')),
    // A handle ends with its thread.
    cutOff: async () => {},
    provisionCatalog: async () => {
      await provisionFile(catalogFile(directory), CATALOG)
    },
    provision: async ({ name }: TenantIdentity) => provisionFile(fileOf(directory, name), name),
    isNotProvisioned: isMissing,
    introspect,
    scratch: (fn) => scratch(closer, fn),
    changeSchema,
    close: () => catalog.close(),
  }
}

/** The catalog validates names; a file name is made of one here, so it is looked at again. */
function fileOf(directory: string, name: string): string {
  if (!isDatabaseIdentifier(name)) throw new TypeError(`${JSON.stringify(name)} is no name for a database`)
  return tenantFile(directory, name)
}
