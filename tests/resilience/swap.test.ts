import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { describe, test } from 'node:test'
import { startApp } from '../support/app.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'

const REQUESTS = 10_000
const CONNECTIONS = 20
const users = { name: 'users', version: 1 }

function suite(server?: SharedMariaDb): void {
  test(`none of ${REQUESTS} requests on open connections fails while subscriptions change`, async (t) => {
    const app = await startApp(server ? { server } : {})
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    t.after(async () => {
      agent.destroy()
      await app.close()
    })
    const { catalogChanges, registry } = app.kernel
    const statusOf = (path: string) => get(agent, app.url + path)
    assert.equal(await statusOf('/2/test/v1/animals'), 200)
    assert.equal(await statusOf('/2/users/v1/me'), 404)

    const answers = new Map<number | string, number>()
    let sent = 0
    const caller = async () => {
      while (sent < REQUESTS) {
        sent++
        const status = await statusOf('/2/test/v1/animals')
        answers.set(status, (answers.get(status) ?? 0) + 1)
      }
    }
    const load = Promise.all(Array.from({ length: CONNECTIONS }, caller))
    const moreSent = async () => {
      const enough = Math.min(sent + REQUESTS / 50, REQUESTS)
      await until(() => sent >= enough, 'requests are sent')
    }
    let swaps = 0
    for (; sent < REQUESTS; swaps += 2) {
      await catalogChanges.subscribe(2, users)
      await registry.refresh()
      assert.equal(await statusOf('/2/users/v1/me'), 401, 'the new module answers')
      await moreSent()
      await catalogChanges.unsubscribe(2, users)
      await registry.refresh()
      assert.equal(await statusOf('/2/users/v1/me'), 404, 'the removed module is gone')
      await moreSent()
    }
    await load
    assert.deepEqual([...answers], [[200, REQUESTS]])
    assert.ok(swaps >= 10, `${swaps} swaps`)
    const msgs = app.log.filter(({ tenant, msg }) => tenant === 2 && msg === 'tenant is live')
    assert.equal(msgs.length, swaps + 1)
    assert.deepEqual(
      app.log.filter(({ level }) => Number(level) > 30),
      [],
    )
  })
}

/** The status, or what went wrong with the connection. */
function get(agent: Agent, url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', (error) => resolve(error.message))
    })
    sent.on('error', (error) => resolve(error.message))
    sent.end()
  })
}

describe('a swap under load on SQLite', () => suite())
await withMariaDb('a swap under load on MariaDB', suite)
