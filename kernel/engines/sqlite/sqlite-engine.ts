import { existsSync } from 'node:fs'
import { isDatabaseIdentifier } from '../../names.js'
import type {
  ConnectionGate,
  Database,
  Engine,
  RestoreTarget,
  SqliteDatabaseConnection,
  TenantIdentity,
} from '../contract.js'
import { PooledDatabase } from '../pooled-database.js'
import { changeSchema } from './change-schema.js'
import { catalogFile, provisionFile, removeFile, tenantFile } from './database-files.js'
import { sqliteDdl } from './ddl.js'
import { HandleCloser } from './handle-closer.js'
import { introspect } from './introspect.js'
import { recoverFile, restoreFile } from './restore/restore.js'
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
  const connectionTo = (database: string, file: string): SqliteDatabaseConnection => ({
    kind: 'sqlite',
    database,
    file,
    limits: {
      connections: limits.connectionsPerTenant,
      waitSeconds: limits.connectionWaitSeconds,
      idleSeconds: limits.connectionIdleSeconds,
    },
  })
  const ofTenant = ({ name }: TenantIdentity) => connectionTo(name, fileOf(directory, name))
  const ofCatalog = () => connectionTo(CATALOG, catalogFile(directory))
  const connectionFor = (target: RestoreTarget) => (target === 'catalog' ? ofCatalog() : ofTenant(target))
  return {
    kind: 'sqlite',
    ddl: sqliteDdl,
    catalog,
    tenant: ({ name }: TenantIdentity) => open(name, fileOf(directory, name)),
    connectionOf: ofTenant,
    catalogConnection: ofCatalog,
    restore: (target, waitSeconds, fn) => restoreFile(connectionFor(target), waitSeconds, fn),
    recover: (target) => recoverFile(connectionFor(target)),
    // A handle ends with its thread.
    cutOff: async () => {},
    provisionCatalog: async () => {
      await provisionFile(catalogFile(directory), CATALOG)
    },
    async provision(identity: TenantIdentity) {
      const done = await provisionFile(fileOf(directory, identity.name), identity.name)
      return [...done, ...(await recoverFile(ofTenant(identity)))]
    },
    exists: async ({ name }: TenantIdentity) => existsSync(fileOf(directory, name)),
    remove: ({ name }: TenantIdentity) => removeFile(fileOf(directory, name)),
    isNotProvisioned: isMissing,
    isShutOut: () => false,
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
