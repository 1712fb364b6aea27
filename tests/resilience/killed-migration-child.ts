import { writeSync } from 'node:fs'
import type { Database, Engine, Session, TenantIdentity } from '../../kernel/engines/contract.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { OpenGate } from '../engines/open-gate.js'
import type { SharedMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { OPTIONS } from '../support/schemas.js'
import { declareAfter } from './killed-migration-schemas.js'

/** Where a database is, for a process that is told in one argument. */
export interface Place {
  readonly identity: TenantIdentity
  readonly directory?: string
  readonly server?: Omit<SharedMariaDb, 'stop'>
  readonly catalog: string
}

/** `while`: statement n is announced on standard output, sent, and the process killed. */
export interface Death {
  readonly when: 'before' | 'while' | 'after' | 'never'
  readonly statement: number
}

export function engineAt({ directory, server, catalog }: Place): Engine {
  if (server) return mysqlEngineOn({ ...server, stop: async () => {} }, catalog)
  const limits = { connectionsPerTenant: 2, connectionWaitSeconds: 5, connectionIdleSeconds: 10 }
  return createSqliteEngine({ directory: directory ?? '', limits, gate: new OpenGate() })
}

/** The database, whose process dies at one of the statements that change something. */
function mortal(database: Database, { when, statement }: Death): Database {
  let sent = 0
  const die = () => process.kill(process.pid, 'SIGKILL')
  const change = async <T>(run: () => Promise<T>): Promise<T> => {
    const isIt = ++sent === statement
    if (!isIt) return run()
    if (when === 'before') die()
    if (when !== 'while') {
      const result = await run()
      if (when === 'after') die()
      return result
    }
    // SQLite keeps this process busy until the statement is done: the parent, told before, kills it meanwhile.
    writeSync(1, `statement ${sent}\n`)
    const running = run()
    setImmediate(die)
    return running
  }
  const watch = (session: Session): Session => ({
    select: (sql, parameters) => session.select(sql, parameters),
    ask: (sql) => session.ask(sql),
    run: (sql, parameters) => change(() => session.run(sql, parameters)),
    execute: (sql) => change(() => session.execute(sql)),
    transaction: (fn) => session.transaction((inner) => fn(watch(inner))),
  })
  process.on('exit', () => writeSync(1, `done ${sent}\n`))
  return Object.assign(Object.create(database), {
    name: database.name,
    engine: database.engine,
    select: database.select.bind(database),
    run: database.run.bind(database),
    session: <T>(fn: (session: Session) => Promise<T>) => database.session((session) => fn(watch(session))),
    locked: <T>(seconds: number, fn: (session: Session) => Promise<T>) =>
      database.locked(seconds, (session) => fn(watch(session))),
    close: database.close.bind(database),
  }) as Database
}

const [place, death] = process.argv.slice(2)
if (place && death) {
  const where = JSON.parse(place) as Place
  const engine = engineAt(where)
  const database = mortal(engine.tenant(where.identity), JSON.parse(death) as Death)
  await migrate(database, engine, declareAfter(), OPTIONS)
  await database.close()
  await engine.close()
}
