import type { Engine } from '../../kernel/engines/contract.js'
import { createMysqlEngine, type MysqlEngineOptions } from '../../kernel/engines/mysql/mysql-engine.js'
import { OpenGate } from '../engines/open-gate.js'
import type { SharedMariaDb } from './mariadb.js'

/** An engine on the server of the tests, its catalog named `catalog`. */
export function mysqlEngineOn(
  server: SharedMariaDb,
  catalog: string,
  options: Partial<MysqlEngineOptions> & { port?: number } = {},
): Engine {
  const { host, port, rootUser: user, rootPassword: password } = server
  return createMysqlEngine({
    database: { host, port: options.port ?? port, database: catalog, user, password },
    settings: { engine: 'InnoDB', collation: 'utf8mb4_unicode_ci' },
    dbSalt: 'salt of the tests',
    limits: { connectionsPerTenant: 2, connectionWaitSeconds: 5, connectionIdleSeconds: 10 },
    gate: new OpenGate(),
    ...options,
  })
}
