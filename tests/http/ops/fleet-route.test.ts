import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import { fleetOptionsOf } from '../../../kernel/http/ops/fleet-route.js'
import { FleetRoot, idsFrom, toldIn } from '../../cli/fleet-fixture.js'
import { startApp } from '../../support/app.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'

/** The first 19 are done, the next four wait for the test. */
const isHeld = ({ tenants }: { tenants: Record<string, number> }) => tenants.running === 4 && tenants.done === 19

function suite(server?: SharedMariaDb): void {
  const start = async (t: { after(fn: () => Promise<void>): void }, held: readonly number[]) => {
    const fleet = await FleetRoot.make(t, server, { held })
    await fleet.raise('hold')
    const app = await startApp({ root: fleet.root, config: await fleet.configuration() })
    const ask = (query = '', more: RequestInit = {}) =>
      fetch(`${app.url}/migrate/all${query}`, {
        ...more,
        headers: { authorization: `Bearer ${app.token}`, 'accept-encoding': 'gzip, br' },
      })
    return { fleet, app, ask }
  }

  test('each tenant is told as it is done, while others are in work; the summary comes last', async (t) => {
    const { fleet, app, ask } = await start(t, idsFrom(20))
    t.after(() => app.close())
    const answer = await ask('?parallel=3&canary=2&maxFailures=1', { method: 'POST' })
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/x-ndjson'])
    assert.ok(answer.body)
    let said = ''
    const reading = (async () => {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) said += Buffer.from(chunk)
    })()
    await until(() => said.split('\n').length === 20, 'the first 19 are told, though the others wait')

    const second = await ask()
    assert.deepEqual([second.status, ((await second.json()) as { code: string }).code], [409, 'LOCKED'])

    await fleet.lower('hold')
    await reading
    const { by, summary } = toldIn(said)
    assert.deepEqual([by, summary?.state], [{ migrated: idsFrom(1) }, 'done'])
    assert.deepEqual(toldIn(await (await ask()).text()).by, { upToDate: idsFrom(1) })
    assert.equal((await fleet.states(app.kernel)).runs.length, 2)
  })

  test('a client that leaves ends the run after the tenants in work; the next one goes on', async (t) => {
    const { fleet, app, ask } = await start(t, idsFrom(20))
    t.after(() => app.close())
    const leaving = new AbortController()
    const answer = await ask('?parallel=4', { signal: leaving.signal })
    assert.equal(answer.status, 200)
    const state = () => fleet.states(app.kernel)
    await until(async () => isHeld(await state()), 'four tenants are held, those before are done')
    leaving.abort()
    await until(
      () => app.log.some(({ url }) => url === '/migrate/all?parallel=4' || url === '/migrate/all'),
      'the server has noticed',
    )
    await fleet.lower('hold')
    await until(async () => (await state()).runs[0] === 'stopped', 'the run ends')
    assert.deepEqual((await state()).tenants, { done: 23, pending: 17 })
    const { by } = toldIn(await (await ask()).text())
    assert.deepEqual(by, { skipped: idsFrom(1, 23), migrated: idsFrom(24) })
  })

  test('a client that leaves before the first tenant is told of keeps nobody else out', async (t) => {
    const { fleet, app, ask } = await start(t, [])
    t.after(() => app.close())
    const port = Number(new URL(app.url).port)
    for (let i = 0; i < 5; i++) {
      const socket = connect(port, '127.0.0.1')
      const closed = once(socket, 'close')
      socket.end(`GET /migrate/all HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${app.token}\r\n\r\n`, () => {
        socket.resetAndDestroy()
      })
      await closed
    }
    await until(() => app.log.filter(({ url }) => url === '/migrate/all').length === 5, 'all of them were heard')
    let said = ''
    await until(async () => {
      const answer = await ask()
      said = await answer.text()
      return answer.status === 200
    }, 'nobody holds the lock any more')
    assert.equal(toldIn(said).summary?.state, 'done')
    assert.ok((await fleet.states(app.kernel)).runs.every((state) => state !== 'running'))
  })

  test('a server that stops lets the tenants in work finish, and the client has its summary', async (t) => {
    const { fleet, app, ask } = await start(t, idsFrom(20))
    const answer = await ask('?parallel=4')
    await until(async () => isHeld(await fleet.states(app.kernel)), 'four tenants are held, those before are done')
    const stopping = app.close()
    await fleet.lower('hold')
    const { by, summary } = toldIn(await answer.text())
    assert.deepEqual([by.migrated, summary?.stopped], [idsFrom(1, 23), 'asked'])
    await stopping
  })

  test('a server that stops waits for the tenants in work no longer than it may', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: idsFrom(20) })
    await fleet.raise('hold')
    const app = await startApp({
      root: fleet.root,
      config: { ...(await fleet.configuration()), http: { port: 0, shutdownSeconds: 1 } },
    })
    const answer = await fetch(`${app.url}/migrate/all?parallel=4`, {
      headers: { authorization: `Bearer ${app.token}` },
    })
    await until(async () => isHeld(await fleet.states(app.kernel)), 'four tenants are held, those before are done')
    const began = performance.now()
    const [closed, read] = await Promise.allSettled([app.close(), answer.text()])
    assert.deepEqual([closed.status, read.status], ['fulfilled', 'rejected'])
    assert.ok(performance.now() - began < 5000, 'one deadline for all of it')
  })
}

describe('the route that migrates all tenants, on SQLite', () => suite())
await withMariaDb('the route that migrates all tenants, on MariaDB', suite)

test('parameters that are wrong are all named, and nothing runs', () => {
  assert.deepEqual(fleetOptionsOf({}), {})
  assert.deepEqual(fleetOptionsOf({ parallel: '16', canary: '0', maxFailures: '3', restart: 'true' }), {
    parallel: 16,
    canary: 0,
    maxFailures: 3,
    restart: true,
  })
  assert.throws(
    () => fleetOptionsOf({ parallel: '0', canary: ['1', '2'], maxFailures: '', restart: '1', speed: '9' }),
    (error) => {
      assert.ok(error instanceof M3Error && error.status === 400)
      assert.deepEqual(
        error.faults.map(({ path, message }) => `${path} ${message}`),
        [
          'parallel must be an integer, 1 to 256',
          'canary must be an integer, 0 to 1000000',
          'maxFailures must be an integer, 1 to 1000000',
          'restart must be true or false',
          'speed is not known; known are parallel, canary, maxFailures, restart',
        ],
      )
      return true
    },
  )
})
