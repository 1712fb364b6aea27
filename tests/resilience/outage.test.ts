import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type App, startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { type MariaDb, startMariaDb } from '../support/mariadb.js'
import { problemOf } from '../support/problem.js'
import { sendRaw } from '../support/raw.js'
import { rootQuery } from '../support/root-query.js'
import { until } from '../support/until.js'

/** Its own: this one is killed and started again. */
const server = await startMariaDb()
after(() => server?.stop())

describe('a database that goes away under a running server', {
  skip: server ? false : 'no mariadbd is installed',
}, () => {
  const database = server as MariaDb
  let app: App
  before(async () => {
    app = await startApp({ server: database })
  })
  after(() => app.close())
  const send = (line: string, token?: string) =>
    sendRaw(app.url, `${line} HTTP/1.1`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  const LIVE = 'GET /1/test/v1/animals'
  const COLD = 'GET /2/test/v1/animals'

  for (const how of ['kill', 'stop'] as const) {
    test(`503 with Retry-After meanwhile, and 200 afterwards without a restart (${how})`, async () => {
      const animals = await send(LIVE)
      assert.equal(animals.status, 200)
      assert.equal((await send('GET /health/ready')).status, 200)
      await database.halt(how)
      for (const line of [LIVE, COLD, 'GET /health/ready']) {
        const answer = await send(line)
        const problem = problemOf(answer)
        assert.deepEqual([line, problem.status, problem.code], [line, 503, 'DATABASE_UNAVAILABLE'])
        assert.equal(problem.detail, 'The database cannot be reached at the moment; try again later')
        assert.ok(Number(answer.headers['retry-after']) >= 1, line)
      }
      for (const line of ['POST /migrate', 'POST /1/migrate']) {
        const { status, code } = problemOf(await send(line, app.token))
        assert.deepEqual([line, status, code], [line, 503, 'DATABASE_UNAVAILABLE'])
      }
      assert.equal((await send('GET /health/live')).status, 200)
      await database.resume()
      const back = await send(LIVE)
      assert.deepEqual([back.status, back.body], [200, animals.body])
      assert.equal((await send(COLD)).status, 200)
      assert.equal((await send('GET /health/ready')).status, 200)
      assert.equal((await send('POST /1/migrate', app.token)).status, 200)
    })
  }

  test('under load every request is answered, by 200 or by 503', async () => {
    const call = clientOf(app.url)
    const answers = new Map<number, number>()
    let ended = false
    const caller = async () => {
      while (!ended) {
        const { status, headers } = await call('GET', '/1/test/v1/animals')
        answers.set(status, (answers.get(status) ?? 0) + 1)
        if (status === 503) assert.ok(headers.get('retry-after'))
      }
    }
    const callers = Array.from({ length: 10 }, caller)
    await until(() => (answers.get(200) ?? 0) > 100, 'requests are served')
    await database.halt('kill')
    await until(() => (answers.get(503) ?? 0) > 100, 'requests are refused')
    await database.resume()
    const served = answers.get(200) ?? 0
    await until(() => (answers.get(200) ?? 0) > served + 100, 'requests are served again')
    ended = true
    await Promise.all(callers)
    assert.deepEqual([...answers.keys()].sort(), [200, 503])
  })

  test('connections that the server ended while they were idle are no matter for the next request', async () => {
    const query = rootQuery(database)
    for (let i = 0; i < 10; i++) {
      assert.equal((await send(LIVE)).status, 200)
      const pooled = async () =>
        query<{ Id: number; User: string }>(
          "SELECT Id, User FROM information_schema.PROCESSLIST WHERE db LIKE 't1\\_%' OR db LIKE 'app\\_%'",
        )
      const before = await pooled()
      assert.ok(before.length > 0)
      for (const { Id } of before) await query(`KILL CONNECTION ${Id}`)
      await until(
        async () => (await pooled()).every(({ Id }) => !before.some((each) => each.Id === Id)),
        'they are gone',
      )
      assert.equal((await send(LIVE)).status, 200)
      assert.equal((await send('GET /health/ready')).status, 200)
    }
  })
})
