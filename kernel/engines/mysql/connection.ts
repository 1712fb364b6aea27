import type { Socket } from 'node:net'
import mysql, { type Connection, type QueryError, type ResultSetHeader } from 'mysql2'
import type { SqlResult, SqlValue } from '../../contract/context.js'
import type { DriverConnection } from '../driver.js'
import { connectFailure, isConnectionLost, statementFailure } from './failures.js'
import { toBound } from './parameters.js'

/** Where and as whom to connect. */
export interface MysqlLogin {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Left out: no database is chosen. */
  readonly database?: string
}

export interface MysqlSession {
  /** Of what a statement says itself, such as the literals of a view. */
  readonly collation: string
  /** Milliseconds until the connection must stand. */
  readonly timeout: number
}

/** The same on MySQL and MariaDB, whatever the server's own is. ONLY_FULL_GROUP_BY means different things on the two. */
const SQL_MODE = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

const CLOSE_MILLISECONDS = 1000
const PING_MILLISECONDS = 1000

/** Opens a connection in UTC and strict mode. Throws DATABASE_UNAVAILABLE, the driver's error being its cause. */
export async function openMysql(login: MysqlLogin, session: MysqlSession): Promise<MysqlConnection> {
  const connection = new MysqlConnection(
    mysql.createConnection({
      ...login,
      charset: 'utf8mb4_unicode_ci',
      timezone: 'Z',
      dateStrings: ['DATE'],
      jsonStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: false,
      maxPreparedStatements: 100,
      multipleStatements: false,
      // FOUND_ROWS as Sequelize has it; a server must not ask this process for its files.
      flags: ['-FOUND_ROWS', '-LOCAL_FILES'],
      connectTimeout: 0,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
      connectAttributes: { program_name: 'm3saas' },
    }),
  )
  // mysql2's own limit ends with the handshake; this one covers the first statement, too.
  const timer = setTimeout(() => {
    connection.break(Object.assign(new Error('The connection was not opened in time'), { code: 'ETIMEDOUT' }))
  }, session.timeout)
  try {
    await connection.execute(sessionStatement(session.collation))
    connection.settle()
    return connection
  } catch (error) {
    await connection.close()
    throw connectFailure(error)
  } finally {
    clearTimeout(timer)
  }
}

function sessionStatement(collation: string): string {
  // A collation of another character set would make the server read literals in that set.
  const literals = collation.startsWith('utf8mb4_') ? `, collation_connection = ${mysql.escape(collation)}` : ''
  return `SET time_zone = '+00:00', sql_mode = '${SQL_MODE}'${literals}`
}

/** Statements that change what the session is: settings, locks, temporary tables, the database it uses. */
const ALTERING =
  /^\s*(?:\/\*.*?\*\/\s*)?(?:set|lock|use|xa|handler|prepare|create\s+(?:or\s+replace\s+)?temporary)\b|\bget_lock\s*\(|:=/is

// https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html: SERVER_STATUS_flags_enum
const IN_TRANSACTION = 1
const AUTOCOMMIT = 2

function statementOf(given: unknown): string {
  if (typeof given === 'string') return given
  const { sql } = (given ?? {}) as { sql?: unknown }
  return typeof sql === 'string' ? sql : ''
}

/** Of a statement without rows; of a procedure's results the last one. Rows change no transaction. */
function serverStatus(result: unknown): number | undefined {
  const header =
    Array.isArray(result) && result.at(-1)?.constructor?.name === 'ResultSetHeader' ? result.at(-1) : result
  const { serverStatus } = (Array.isArray(header) ? {} : (header ?? {})) as { serverStatus?: unknown }
  return typeof serverStatus === 'number' ? serverStatus : undefined
}

type Callback<T> = (error: QueryError | null, result: T) => void

export class MysqlConnection implements DriverConnection {
  #broken = false
  #altered = false
  #inTransaction = false
  readonly #pending = new Set<(error: unknown) => void>()

  constructor(readonly raw: Connection) {
    // Without a listener a lost connection would end the process.
    raw.on('error', (error) => this.break(error))
    raw.on('end', () => {
      this.#broken = true
    })
    this.#watch('query')
    this.#watch('execute')
  }

  get reusable(): boolean {
    return this.#alive && !this.#altered && !this.#inTransaction
  }

  get session(): number | undefined {
    const { threadId } = this.raw as unknown as { threadId: number | null }
    return threadId ?? undefined
  }

  get #alive(): boolean {
    return !this.#broken && this.raw.state === 'authenticated'
  }

  /** The settings of the session are as they are to be: what comes is somebody else's doing. */
  settle(): void {
    this.#altered = false
  }

  async select<R>(sql: string, parameters: readonly SqlValue[] = []): Promise<R[]> {
    const rows = await this.#call<unknown>((done) => this.raw.execute(sql, toBound(parameters) as never, done as never))
    return (Array.isArray(rows) ? rows : []) as R[]
  }

  async run(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlResult> {
    const result = await this.#call<ResultSetHeader | unknown[]>((done) =>
      this.raw.execute(sql, toBound(parameters) as never, done as never),
    )
    if (Array.isArray(result)) return { affectedRows: 0, insertId: null }
    return { affectedRows: result.affectedRows, insertId: result.insertId || null }
  }

  async execute(sql: string): Promise<void> {
    await this.#call<unknown>((done) => this.raw.query(sql, done as never))
  }

  /** Also for what not every server prepares, such as SHOW GRANTS. */
  async query<R>(sql: string): Promise<R[]> {
    return this.#call<R[]>((done) => this.raw.query(sql, done as never))
  }

  async ping(): Promise<boolean> {
    const timer = setTimeout(() => this.break(new Error('The connection does not answer')), PING_MILLISECONDS)
    try {
      await this.#call<unknown>((done) => this.raw.ping(done as never))
      return true
    } catch {
      // What is wrong with it does not matter: another connection is opened instead.
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resolves once the socket is closed; does not throw. */
  async close(): Promise<void> {
    const { stream } = this.raw as unknown as { stream: Socket }
    if (!this.#alive) {
      this.raw.destroy()
      stream.destroy()
      return
    }
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()))
    const timer = setTimeout(() => stream.destroy(), CLOSE_MILLISECONDS)
    this.raw.end()
    await closed
    clearTimeout(timer)
  }

  /** Gives the connection up and fails what waits on it. mysql2 leaves a command without an answer at some errors. */
  break(error: unknown): void {
    this.#broken = true
    this.raw.destroy()
    for (const fail of this.#pending) fail(Object.assign(error as Error, { fatal: true }))
  }

  /**
   * Whatever runs on it, Sequelize's statements included, is looked at for what the next caller must not inherit:
   * settings and locks by the statement, an open transaction by the state that the server reports with each result.
   */
  #watch(method: 'query' | 'execute'): void {
    const original = this.raw[method].bind(this.raw) as (...given: unknown[]) => unknown
    const watched = (...given: unknown[]): unknown => {
      if (ALTERING.test(statementOf(given[0]))) this.#altered = true
      const done = given.at(-1)
      if (typeof done !== 'function') return original(...given)
      return original(...given.slice(0, -1), (error: unknown, result: unknown, ...more: unknown[]) => {
        const status = serverStatus(result)
        if (status !== undefined) this.#inTransaction = (status & IN_TRANSACTION) !== 0 || (status & AUTOCOMMIT) === 0
        done(error, result, ...more)
      })
    }
    Object.defineProperty(this.raw, method, { value: watched })
  }

  #call<T>(start: (done: Callback<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const fail = (error: unknown) => {
        this.#pending.delete(fail)
        if (isConnectionLost(error)) this.#broken = true
        reject(statementFailure(error))
      }
      start((error, result) => {
        if (error) return fail(error)
        this.#pending.delete(fail)
        resolve(result)
      })
      this.#pending.add(fail)
    })
  }
}
