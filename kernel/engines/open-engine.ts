import path from 'node:path'
import type { Config } from '../config/config.js'
import type { ConnectionGate, Engine } from './contract.js'

/** The engine of an app root. Loads the one that is needed and not the other: each brings a driver. */
export async function openEngine(root: string, config: Config, gate: ConnectionGate): Promise<Engine> {
  const { limits, dbSalt } = config
  const { database, settings } = config.tenants
  if (database) {
    const { createMysqlEngine } = await import('./mysql/mysql-engine.js')
    return createMysqlEngine({ database, settings, dbSalt, limits, gate })
  }
  const { createSqliteEngine } = await import('./sqlite/sqlite-engine.js')
  return createSqliteEngine({ directory: path.join(root, 'data'), limits, gate })
}
