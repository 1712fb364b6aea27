import type { ConnectionGate, Engine } from '../../kernel/engines/contract.js'
import { createMysqlEngine, type MysqlEngineOptions } from '../../kernel/engines/mysql/mysql-engine.js'
import type { SharedMariaDb } from './mariadb.js'

/** Lets everybody in, and counts who is. */
export function openGate(): ConnectionGate & { readonly open: number } {
  let open = 0
  return {
    get open() {
      return open
    },
    async admit() {
      open++
      let left = false
      return () => {
        if (!left) open--
        left = true
      }
    },
    idle() {},
    forget() {},
  }
}

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
    gate: openGate(),
    ...options,
  })
}
