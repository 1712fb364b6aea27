import type { ConnectionGate, Database, DatabaseConnection, WithinNative } from './contract.js'
import type { Driver } from './driver.js'
import { PooledDatabase } from './pooled-database.js'

/**
 * Opens a tenant's own database by its connection alone, in a thread that has no engine and needs none: never in that of a server. Loads the one driver it takes,
 * and leaves none to code that is loaded later which could open more than that. Nothing is connected before its first
 * use. `opened` is told of each connection, by the number that `Engine.cutOff` takes; `within` of native code.
 */
export async function openTenant(
  connection: DatabaseConnection,
  gate: ConnectionGate,
  opened: (session: number) => void,
  within: WithinNative,
): Promise<Database> {
  return new PooledDatabase(telling(await driverOf(connection, within), opened), gate, connection.limits)
}

async function driverOf(connection: DatabaseConnection, within: WithinNative): Promise<Driver> {
  if (connection.kind === 'mysql') {
    const { MysqlDriver } = await import('./mysql/driver.js')
    const { database, login, collation, timeout } = connection
    return new MysqlDriver(database, () => login, { collation, timeout })
  }
  const [{ SqliteDriver }, { HandleCloser }, { takeSqliteDriver }, { holdDriver }] = await Promise.all([
    import('./sqlite/sqlite-driver.js'),
    import('./sqlite/handle-closer.js'),
    import('./sqlite/sealed-driver.js'),
    import('./sqlite/held-driver.js'),
  ])
  const { database, file, limits } = connection
  return new SqliteDriver(
    database,
    file,
    limits.waitSeconds,
    new HandleCloser(),
    holdDriver(takeSqliteDriver(), within),
  )
}

function telling(driver: Driver, opened: (session: number) => void): Driver {
  return {
    database: driver.database,
    engine: driver.engine,
    begin: driver.begin,
    async connect() {
      const connection = await driver.connect()
      if (connection.session !== undefined) opened(connection.session)
      return connection
    },
    lock: (connection, waitSeconds, purpose) => driver.lock(connection, waitSeconds, purpose),
    createSequelize: () => driver.createSequelize(),
  }
}
