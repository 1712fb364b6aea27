import { createRequire } from 'node:module'
import type * as SequelizeLibrary from 'sequelize'
import { M3Error } from '../../errors.js'

/** Loading Sequelize takes a tenth of a second: the first model pays for it, not the start of the server. */
const require = createRequire(import.meta.url)

/** The parts of Sequelize's query class that are changed here; its types do not tell of them. */
interface Query {
  formatError(error: Error, stack?: string): Error
  applyParsers(type: string, value: unknown): unknown
}

/** A Sequelize of the SQLite dialect whose connections the pool hands to it. */
export function createSequelize(database: string): SequelizeLibrary.Sequelize {
  const { Sequelize } = require('sequelize') as typeof SequelizeLibrary
  const sequelize = new Sequelize({
    dialect: 'sqlite',
    // It would open files by itself, were it not for the pool.
    dialectModule: { OPEN_READWRITE: 2, OPEN_CREATE: 4 },
    storage: database,
    logging: false,
  })
  const { dialect } = sequelize as unknown as { dialect: { Query: new (...given: unknown[]) => Query } }
  dialect.Query = withOwnErrorsAndDates(dialect.Query)
  return sequelize
}

function withOwnErrorsAndDates(Base: new (...given: unknown[]) => Query): typeof Base {
  return class extends Base {
    /** An error of the catalogue stays what it is, else a busy database would be a fault of the statement. */
    override formatError(error: Error, stack?: string): Error {
      return error instanceof M3Error ? error : super.formatError(error, stack)
    }

    /** The connection reads dates already, for raw queries too. */
    override applyParsers(type: string, value: unknown): unknown {
      return value instanceof Date ? value : super.applyParsers(type, value)
    }
  }
}
