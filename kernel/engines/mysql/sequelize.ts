import { createRequire } from 'node:module'
import type { Connection } from 'mysql2'
import type { Sequelize } from 'sequelize'
import { isConnectionLost, statementFailure } from './failures.js'

const require = createRequire(import.meta.url)

interface SequelizeQuery {
  readonly connection: Connection
  formatError(error: unknown, stack?: string): unknown
}

interface SequelizeDialect {
  Query: new (...args: never[]) => SequelizeQuery
}

/** A Sequelize without address and password: the pool gives it its connections. Loading the library takes 0.1 s. */
export function createMysqlSequelize(): Sequelize {
  const library = require('sequelize') as typeof import('sequelize')
  const options = {
    dialect: 'mysql',
    dialectModule: require('mysql2'),
    timezone: '+00:00',
    logging: false,
    // Given, so that Sequelize does not ask for it.
    databaseVersion: '8.0.0',
  } as const
  const sequelize = new library.Sequelize(options)
  const { dialect } = sequelize as unknown as { dialect: SequelizeDialect }
  // A model reports a database that went away as `sql` does.
  dialect.Query = class extends dialect.Query {
    override formatError(error: unknown, stack?: string): unknown {
      const failure = statementFailure(error)
      if (isConnectionLost(error)) this.connection.destroy()
      return failure === error ? super.formatError(error, stack) : failure
    }
  }
  return sequelize
}
