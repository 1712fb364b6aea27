import { type Stats, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { DatabaseSyncInstance, SqliteModule } from '@photostructure/sqlite'
import type { Sequelize } from 'sequelize'
import { M3Error } from '../../errors.js'
import type { LockPurpose } from '../contract.js'
import type { Driver, DriverConnection } from '../driver.js'
import type { EngineKind } from '../engine-kind.js'
import { retryBusy } from './busy-retry.js'
import { createSequelize } from './create-sequelize.js'
import { Guard } from './guard.js'
import type { HandleCloser } from './handle-closer.js'
import { takeMigrationLock } from './migration-lock.js'
import { SqliteConnection } from './sqlite-connection.js'
import { isBusy, missing, translate } from './sqlite-errors.js'
import { addValueFunctions } from './value-functions.js'

const OPTIONS = { timeout: 0, defensive: true, enableForeignKeyConstraints: true } as const

/**
 * Opens and locks one SQLite file. The driver is `@photostructure/sqlite` on every Node: the `node:sqlite` of Node 22
 * has neither an authorizer nor a defensive mode, without which a tenant's code could open other databases, and warns
 * that it is experimental.
 */
export class SqliteDriver implements Driver {
  readonly engine: EngineKind = 'sqlite'
  /** Two deferred transactions that read and then write defeat each other however long they wait. */
  readonly begin = 'BEGIN IMMEDIATE'

  /** `taken` is that of a thread which may not look at files itself: it does not notice a file that is replaced. */
  constructor(
    readonly database: string,
    readonly file: string,
    readonly waitSeconds: number,
    readonly closer: HandleCloser,
    readonly taken?: SqliteModule,
  ) {}

  async connect(): Promise<DriverConnection> {
    const driver = this.taken ?? (await loadDriver())
    const opened = this.taken ? undefined : this.#stat()
    if (!this.taken && !opened) throw missing(this.database)
    const guard = new Guard()
    const database = await this.#open(driver, guard)
    return new SqliteConnection({
      name: this.database,
      database,
      guard,
      closer: this.closer,
      waitSeconds: this.waitSeconds,
      isCurrent: () => {
        if (!opened) return true
        const current = this.#stat()
        return current?.ino === opened.ino && current.dev === opened.dev
      },
    })
  }

  async lock(_connection: DriverConnection, waitSeconds: number, purpose: LockPurpose): Promise<() => Promise<void>> {
    try {
      return await takeMigrationLock(this.taken ?? (await loadDriver()), this.file, this.database, waitSeconds, purpose)
    } catch (error) {
      throw translate(error, this.database, '').error
    }
  }

  createSequelize(): Sequelize {
    return createSequelize(this.database)
  }

  async #open(driver: SqliteModule, guard: Guard): Promise<DatabaseSyncInstance> {
    // `mode=rw` opens a file that is there and creates none: https://sqlite.org/uri.html
    const url = pathToFileURL(this.file)
    url.searchParams.set('mode', 'rw')
    let database: DatabaseSyncInstance | undefined
    try {
      database = new driver.DatabaseSync(url, OPTIONS)
      const opened = database
      await retryBusy(
        () => opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'),
        this.waitSeconds,
        (error) => isBusy(error, false),
      )
      prepareForUse(opened, guard)
      return opened
    } catch (error) {
      database?.close()
      throw translate(error, this.database, '').error
    }
  }

  #stat(): Stats | undefined {
    return statSync(this.file, { throwIfNoEntry: false })
  }
}

/** A database of its own that is gone when the connection is closed. */
export async function openMemory(name: string, closer: HandleCloser): Promise<DriverConnection> {
  const driver = await loadDriver()
  const guard = new Guard()
  const database = new driver.DatabaseSync(':memory:', OPTIONS)
  prepareForUse(database, guard)
  return new SqliteConnection({ name, database, guard, closer, waitSeconds: 0, isCurrent: () => true })
}

function prepareForUse(database: DatabaseSyncInstance, guard: Guard): void {
  addValueFunctions(database)
  database.setAuthorizer(guard.authorize)
}

async function loadDriver(): Promise<SqliteModule> {
  try {
    return await import('@photostructure/sqlite')
  } catch (error) {
    const message = 'SQLite has no build for this machine: configure MySQL under tenants.database'
    throw new M3Error('DATABASE_UNAVAILABLE', message, { cause: error })
  }
}
