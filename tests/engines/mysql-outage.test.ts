import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Database, Engine, TenantIdentity } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import { type MariaDb, startMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'

const identity: TenantIdentity = { name: 'outage', user: 'outage_user', secret: 's' }

function isUnavailable(error: unknown): boolean {
  return error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE'
}

/** Stands before the server. Silenced, it keeps connections open and lets nothing through: a network that is gone. */
class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  silent = false

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (data) => this.silent || to.write(data))
        from.on('close', () => to.destroy())
        from.on('error', () => to.destroy())
      }
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as { port: number }).port
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

const server = await startMariaDb()
after(() => server?.stop())

describe('a MySQL server that goes away', { skip: server ? false : 'no mariadbd is installed' }, () => {
  let engine: Engine
  let database: Database
  before(async () => {
    engine = mysqlEngineOn(server as MariaDb, 'outage_catalog')
    await engine.provisionCatalog()
    await engine.provision(identity)
    database = engine.tenant(identity)
  })
  after(async () => {
    await database.close()
    await engine.close()
  })

  for (const how of ['stop', 'kill'] as const) {
    test(`is DATABASE_UNAVAILABLE, and is used again when it returns (${how})`, async () => {
      await database.select('SELECT 1')
      await engine.catalog.select('SELECT 1')
      await server?.halt(how)
      await assert.rejects(database.select('SELECT 1'), isUnavailable)
      await assert.rejects(engine.catalog.select('SELECT 1'), isUnavailable)
      await assert.rejects(engine.provision(identity), isUnavailable)
      await server?.resume()
      await Promise.all(Array.from({ length: 5 }, () => database.select('SELECT 1')))
      await engine.catalog.select('SELECT 1')
      assert.deepEqual(await engine.provision(identity), [])
    })
  }

  test('is noticed when it falls silent: an idle connection is replaced, a new one given up in time', async (t) => {
    const wire = new Wire((server as MariaDb).port)
    const limits = { connectionsPerTenant: 2, connectionWaitSeconds: 1.5, connectionIdleSeconds: 10 }
    const far = mysqlEngineOn(server as MariaDb, 'outage_catalog', { port: await wire.listen(), limits })
    t.after(async () => {
      wire.close()
      await behind.close()
      await far.close()
    })
    const behind = far.tenant(identity)
    await behind.select('SELECT 1')
    wire.silent = true
    // Idle for longer than the pool trusts a connection.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const started = performance.now()
    await assert.rejects(behind.select('SELECT 1'), isUnavailable)
    assert.ok(performance.now() - started < 4000)
    wire.silent = false
    await behind.select('SELECT 1')
  })
})
