import type { Config, MysqlConfig } from '../../config/config.js'
import { M3Error } from '../../errors.js'
import { reservedNames } from '../../names.js'
import type {
  ConnectionGate,
  Database,
  Engine,
  MysqlDatabaseConnection,
  RestoreTarget,
  TenantIdentity,
} from '../contract.js'
import { PooledDatabase } from '../pooled-database.js'
import type { MysqlLogin, MysqlSession } from './connection.js'
import { mysqlDdl } from './ddl.js'
import { MysqlDriver } from './driver.js'
import { isAccountLocked, isNotProvisioned } from './failures.js'
import type { TableSettings } from './index-limits.js'
import { introspectMysql } from './introspect.js'
import { lockedByOthers, tryLogin, verifyLogin } from './login-attempt.js'
import { killSessions, onOneConnection, withConnection } from './one-connection.js'
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
const SELDOM_MS = 1000
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

  const recover = (target: RestoreTarget) => {
    const { live } = restoreParts(target)
    return onOneConnection(gate, (open) =>
      open(root, session, (connection) => recoverDatabase(connection, live.database)),
    )
  }

  return {
    kind: 'mysql',
    ddl: mysqlDdl(settings),
    catalog,
    tenant(identity: TenantIdentity): Database {
      const endDeadRestore = seldom(async () => {
        // In the place in the budget of the connection that was refused.
        const done = await withConnection(root, session, (open) => recoverDatabase(open, identity.name))
        return done.length > 0
      })
      const driver = new MysqlDriver(identity.name, () => loginOf(identity), session, endDeadRestore)
      return new PooledDatabase(driver, gate, poolLimits(connectionsPerTenant))
    },
    connectionOf: (identity) => connectionFor(identity.name, loginOf(identity), connectionsPerTenant),
    catalogConnection: () => connectionFor(database.database, root, CATALOG_CONNECTIONS),
    async restore(target, waitSeconds, fn) {
      const parts = restoreParts(target)
      try {
        return await onOneConnection(gate, (open) =>
          open(root, session, (connection) => restoreDatabase(connection, parts, waitSeconds, fn)),
        )
      } finally {
        // Its connection may have broken in the middle, and nobody may come to need the database for long.
        await recover(target).catch(() => undefined)
      }
    },
    recover,
    async cutOff(identity, sessions) {
      await onOneConnection(gate, (open) => open(loginOf(identity), session, (own) => killSessions(own, sessions)))
    },
    async provisionCatalog() {
      await onOneConnection(gate, (open) =>
        open(root, session, async (connection) => {
          await recoverDatabase(connection, database.database).catch(unlessLocked)
          return createDatabase(connection, database.database, settings.collation)
        }),
      )
    },
    async provision(identity) {
      const login = loginOf(identity)
      const account = { database: identity.name, user: identity.user, password: login.password }
      refuseReserved(account, reserved)
      return onOneConnection(gate, async (open) => {
        let before = await tryLogin(() => open(login, session, async () => {}))
        const recovered = await open(root, session, (connection) => recoverDatabase(connection, identity.name))
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

/** Whoever restores or migrates the catalog at this moment finishes what there is. */
function unlessLocked(error: unknown): void {
  if (!(error instanceof M3Error && error.code === 'LOCKED')) throw error
}

/** As long as a user is shut out, each of its requests would ask why. Whatever fails is met by the next. */
function seldom(ask: () => Promise<boolean>): () => Promise<boolean> {
  let next = 0
  return async () => {
    if (performance.now() < next) return false
    next = performance.now() + SELDOM_MS
    return ask().catch(() => false)
  }
}
