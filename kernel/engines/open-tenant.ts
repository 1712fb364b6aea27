import type { ConnectionGate, Database, TenantConnection } from './contract.js'
import type { Driver } from './driver.js'
import { PooledDatabase } from './pooled-database.js'

/** Opens a tenant's own database by its connection alone, in a thread that has no engine. Loads the one driver it takes. */
export async function openTenant(connection: TenantConnection, gate: ConnectionGate): Promise<Database> {
  return new PooledDatabase(await driverOf(connection), gate, connection.limits)
}

async function driverOf(connection: TenantConnection): Promise<Driver> {
  if (connection.kind === 'mysql') {
    const { MysqlDriver } = await import('./mysql/driver.js')
    const { database, login, collation, timeout } = connection
    return new MysqlDriver(database, () => login, { collation, timeout })
  }
  const [{ SqliteDriver }, { HandleCloser }] = await Promise.all([
    import('./sqlite/sqlite-driver.js'),
    import('./sqlite/handle-closer.js'),
  ])
  return new SqliteDriver(connection.database, connection.file, connection.limits.waitSeconds, new HandleCloser())
}
