import assert from 'node:assert/strict'
import { defineModule, type ModuleDeclaration } from '../../kernel/contract/define-module.js'
import type { Database, Engine, Session } from '../../kernel/engines/contract.js'
import { type ErrorCode, M3Error } from '../../kernel/errors.js'
import { type DeclaredSchema, declareSchema } from '../../kernel/migrations/declared/declared-schema.js'
import type { SchemaModule } from '../../kernel/migrations/declared/schema-module.js'
import { SchemaCache } from '../../kernel/migrations/declared/wanted-schema.js'
import { FakeBackups } from './fake-backups.js'

export const LENGTHS = { id: 11, email: 255, password: 255, phone: 20, ip: 45, link: 511 }

export const OPTIONS = {
  waitSeconds: 5,
  forceMainSeeds: false,
  destructive: 'backup',
  schemas: new SchemaCache(),
  takeBackup: new FakeBackups().take,
} as const

type Parts = Omit<ModuleDeclaration<undefined>, 'name' | 'version'>

export const moduleOf = (name: string, parts: Parts, version = 1): SchemaModule =>
  defineModule({ name, version, ...parts })

export const schemaOf = (...modules: readonly SchemaModule[]): DeclaredSchema => declareSchema(modules, LENGTHS)

/** What one module of these parts declares. */
export const declare = (parts: Parts): DeclaredSchema => schemaOf(moduleOf('sample', parts))

/** What the database holds, as the migrator sees it. */
export function liveSchema(database: Database, engine: Engine) {
  return database.session((session) => engine.introspect(session))
}

/** The M3Error that a promise is rejected with, of the given code. */
export async function rejection(code: ErrorCode, promise: Promise<unknown>): Promise<M3Error> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof M3Error, `${code} is expected: ${String(error)}`)
  assert.equal(error.code, code, error.stack)
  return error
}

/** A database whose calls `spy` sees: `before` each statement, which it may refuse by throwing. */
export function watched(database: Database, before: (sql: string) => void): Database {
  const watch = (session: Session): Session => ({
    select: async (sql, parameters) => {
      before(sql)
      return session.select(sql, parameters)
    },
    ask: async (sql) => {
      before(sql)
      return session.ask(sql)
    },
    run: async (sql, parameters) => {
      before(sql)
      return session.run(sql, parameters)
    },
    execute: async (sql) => {
      before(sql)
      return session.execute(sql)
    },
    transaction: (fn) => session.transaction(fn),
  })
  return {
    name: database.name,
    engine: database.engine,
    select: async (sql, parameters) => {
      before(sql)
      return database.select(sql, parameters)
    },
    run: async (sql, parameters) => {
      before(sql)
      return database.run(sql, parameters)
    },
    transaction: (fn) => database.transaction(fn),
    session: (fn) => database.session((session) => fn(watch(session))),
    locked: (seconds, fn, purpose) => {
      before('LOCK')
      return database.locked(seconds, (session) => fn(watch(session)), purpose)
    },
    sequelize: () => database.sequelize(),
    releaseIdle: () => database.releaseIdle(),
    close: () => database.close(),
  }
}
