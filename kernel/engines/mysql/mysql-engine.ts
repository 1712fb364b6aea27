import type { Config, MysqlConfig } from '../../config/config.js'
import { M3Error } from '../../errors.js'
import { reservedNames } from '../../names.js'
import type {
  ConnectionGate,
  Database,
  Engine,
  GatedPool,
  MysqlDatabaseConnection,
  RestoreTarget,
  TenantIdentity,
} from '../contract.js'
import { PooledDatabase } from '../pooled-database.js'
import { type MysqlConnection, type MysqlLogin, type MysqlSession, openMysql } from './connection.js'
import { mysqlDdl } from './ddl.js'
import { MysqlDriver } from './driver.js'
import { errnoOf, isAccountLocked, isNotProvisioned, isWrongPassword } from './failures.js'
import type { TableSettings } from './index-limits.js'
import { introspectMysql } from './introspect.js'
import { databasePassword } from './password.js'
import { createDatabase, provisionAccount, refuseReserved, removeAccount } from './provision.js'
import { ReservedGate } from './reserved-gate.js'
import { isDatabase } from './restore/journal.js'
import { type RestoreParts, recoverDatabase, restoreDatabase } from './restore/restore.js'
import { oneAtATime, onScratch } from './scratch.js'

export interface MysqlEngineOptions {
  readonly database: Omit<MysqlConfig, 'waitSeconds'>
  readonly settings: TableSettings
  readonly dbSalt: string
  readonly limits: Pick<Config['limits'], 'connectionsPerTenant' | 'connectionWaitSeconds' | 'connectionIdleSeconds'>
  readonly gate: ConnectionGate
}

const CATALOG_CONNECTIONS = 2
const NO_SUCH_THREAD = 1094
/** Of the time a caller waits for a connection. The rest is left for saying that the server did not answer. */
const CONNECT_SHARE = 0.8

/** MySQL 8 and later, MariaDB 10.6 and later. */
export function createMysqlEngine({ database, settings, dbSalt, limits, gate }: MysqlEngineOptions): Engine {
  const { connectionsPerTenant } = limits
  const root: MysqlLogin = {
    host: database.host,
    port: database.port,
    user: database.user,
    password: database.password,
  }
  const session: MysqlSession = {
    collation: settings.collation,
    timeout: limits.connectionWaitSeconds * 1000 * CONNECT_SHARE,
  }
  const poolLimits = (connections: number) => ({
    connections,
    waitSeconds: limits.connectionWaitSeconds,
    idleSeconds: limits.connectionIdleSeconds,
  })
  const catalog = new PooledDatabase(
    new MysqlDriver(database.database, () => root, session),
    new ReservedGate(gate, CATALOG_CONNECTIONS),
    poolLimits(CATALOG_CONNECTIONS),
  )
  // One place in the budget for all who wait, as they would for the lock of the server.
  const inTurn = oneAtATime()
  const reserved = reservedNames([database.database], [database.user])
  const loginOf = (identity: TenantIdentity): MysqlLogin => ({
    ...root,
    user: identity.user,
    password: databasePassword(dbSalt, identity),
  })

  const connectionFor = (name: string, login: MysqlLogin, connections: number): MysqlDatabaseConnection => ({
    ...{ kind: 'mysql', database: name, login, collation: session.collation, timeout: session.timeout },
    limits: poolLimits(connections),
  })
  const restoreParts = (target: RestoreTarget): RestoreParts => {
    const name = target === 'catalog' ? database.database : target.name
    const user = target === 'catalog' ? {} : { user: target.user }
    return {
      live: { database: name, collation: settings.collation, ...user },
      connection: connectionFor(name, root, CATALOG_CONNECTIONS),
    }
  }

  return {
    kind: 'mysql',
    ddl: mysqlDdl(settings),
    catalog,
    tenant(identity: TenantIdentity): Database {
      const driver = new MysqlDriver(identity.name, () => loginOf(identity), session)
      return new PooledDatabase(driver, gate, poolLimits(connectionsPerTenant))
    },
    connectionOf: (identity) => connectionFor(identity.name, loginOf(identity), connectionsPerTenant),
    catalogConnection: () => connectionFor(database.database, root, CATALOG_CONNECTIONS),
    restore: (target, waitSeconds, fn) =>
      onOneConnection(gate, (open) =>
        open(root, session, (connection) => restoreDatabase(connection, restoreParts(target), waitSeconds, fn)),
      ),
    recover: (target) =>
      onOneConnection(gate, (open) =>
        open(root, session, (connection) => recoverDatabase(connection, restoreParts(target).live)),
      ),
    async cutOff(identity, sessions) {
      await onOneConnection(gate, (open) => open(loginOf(identity), session, (own) => killSessions(own, sessions)))
    },
    async provisionCatalog() {
      await onOneConnection(gate, (open) =>
        open(root, session, (connection) => createDatabase(connection, database.database, settings.collation)),
      )
    },
    async provision(identity) {
      const login = loginOf(identity)
      const account = { database: identity.name, user: identity.user, password: login.password }
      refuseReserved(account, reserved)
      return onOneConnection(gate, async (open) => {
        let before = await tryLogin(() => open(login, session, async () => {}))
        const recovered = await open(root, session, (connection) =>
          recoverDatabase(connection, restoreParts(identity).live),
        )
        if (before === 'locked') before = await tryLogin(() => open(login, session, async () => {}))
        if (before === 'locked') throw lockedByOthers(identity.user)
        const report = await open(root, session, (connection) =>
          provisionAccount(connection, account, settings.collation, before === 'refused'),
        )
        if (before === 'refused') await verifyLogin(() => open(login, session, async () => {}), identity.user)
        return [...recovered, ...report]
      })
    },
    exists: (identity) =>
      onOneConnection(gate, (open) => open(root, session, (connection) => isDatabase(connection, identity.name))),
    async remove(identity) {
      refuseReserved({ database: identity.name, user: identity.user, password: '' }, reserved)
      await onOneConnection(gate, (open) =>
        open(root, session, (connection) => removeAccount(connection, identity.name, identity.user)),
      )
    },
    isNotProvisioned,
    isShutOut: isAccountLocked,
    introspect: introspectMysql,
    scratch: (fn) =>
      inTurn(() =>
        onOneConnection(gate, (open) =>
          open(root, session, (connection) => onScratch(connection, database.database, settings.collation, fn)),
        ),
      ),
    changeSchema: (session, _staying, fn) => fn(session),
    close: () => catalog.close(),
  }
}

/** One that is gone already has nothing left to end. */
async function killSessions(connection: MysqlConnection, sessions: readonly number[]): Promise<void> {
  for (const id of sessions) {
    try {
      await connection.execute(`KILL CONNECTION ${Math.trunc(id)}`)
    } catch (error) {
      if (errnoOf(error) !== NO_SUCH_THREAD) throw error
    }
  }
}

type OpenFor = <T>(
  login: MysqlLogin,
  session: MysqlSession,
  fn: (connection: MysqlConnection) => Promise<T>,
) => Promise<T>

/** One place in the budget for connections that are opened, used and closed, one after another. */
async function onOneConnection<T>(gate: ConnectionGate, fn: (open: OpenFor) => Promise<T>): Promise<T> {
  const pool: GatedPool = { idleConnections: 0, releaseOne: () => false }
  const leave = await gate.admit(pool)
  try {
    return await fn(async (login, session, use) => {
      const connection = await openMysql(login, session)
      try {
        return await use(connection)
      } finally {
        await connection.close()
      }
    })
  } finally {
    leave()
    gate.forget(pool)
  }
}

/** Only the server can tell whether a password is right. Any other trouble shows when the tenant is served. */
async function tryLogin(login: () => Promise<void>): Promise<'accepted' | 'refused' | 'locked'> {
  try {
    await login()
  } catch (error) {
    if (isWrongPassword(error)) return 'refused'
    if (isAccountLocked(error)) return 'locked'
    if (!(error instanceof M3Error)) throw error
  }
  return 'accepted'
}

/** No restore has done it: it is on purpose, and not undone. */
function lockedByOthers(user: string): M3Error {
  const message = `The account of the user ${user} is locked on the database server: an administrator did so`
  return new M3Error('DATABASE_UNAVAILABLE', message, { retryAfter: 5 })
}

async function verifyLogin(login: () => Promise<void>, user: string): Promise<void> {
  if ((await tryLogin(login)) === 'accepted') return
  throw new M3Error(
    'TENANT_UNAVAILABLE',
    `The database server refuses the user ${user} though its password was just set: another account, such as ` +
      `${user}@localhost or an anonymous one, takes precedence there; drop that account`,
  )
}
