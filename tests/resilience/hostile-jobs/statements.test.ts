import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { rootQuery } from '../../support/root-query.js'
import { until } from '../../support/until.js'
import { hostileApp } from './hostile-app.js'

/** Statements of SQLite run to their end whatever is done to their thread; these take some seconds. */
const counting = (rows: number) =>
  `WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${rows}) SELECT COUNT(*) AS n FROM c`

/** One that takes so many seconds on this machine, more or less. */
async function lasting(seconds: number): Promise<string> {
  const { DatabaseSync } = await import('@photostructure/sqlite')
  const database = new DatabaseSync(':memory:')
  const began = performance.now()
  database.prepare(counting(1e6)).get()
  const rows = (1e6 * seconds * 1000) / (performance.now() - began)
  database.close()
  return counting(Math.ceil(rows))
}

function suite(server?: SharedMariaDb): void {
  const hostile = hostileApp(server)
  before(async () => {
    await hostile.hint('row', ['free'])
    await hostile.hint('endless', [server ? 'SELECT SLEEP(100)' : await lasting(15)])
    await hostile.hint('long', [server ? 'SELECT SLEEP(100)' : counting(3e6)])
    await hostile.hint('kill', [
      'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = SUBSTRING_INDEX(CURRENT_USER(), "@", 1)',
    ])
  })

  /** Another connection writes the row that the job had locked, without waiting. */
  const writes = async () => {
    const { engine } = hostile.jobs.app.kernel
    const tenant = hostile.jobs.identities[0]
    assert.ok(tenant)
    const database = engine.tenant(tenant)
    try {
      await database.session(async (session) => {
        if (server) await session.execute('SET innodb_lock_wait_timeout = 1')
        await session.run("UPDATE hints SET text = 'free' WHERE kind = ?", ['row'])
      })
    } finally {
      await database.close()
    }
  }

  const running = async (): Promise<number> => {
    if (!server) return 0
    const user = hostile.jobs.databases[0]
    const [row] = await rootQuery(server)<{ n: number }>(
      `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = '${user}' AND INFO LIKE 'SELECT SLEEP%'`,
    )
    return Number(row?.n)
  }

  test('a transaction that is kept open is rolled back, and its locks are free', async (t) => {
    const { result } = await hostile.attack(t, 'statements', 'keeps-a-transaction')
    assert.equal(result.outcome, 'timed_out')
    assert.ok(hostile.jobs.logged(1, 'statements').some(({ text }) => text === 'locked'))
    await writes()
  })

  test('a transaction that a job leaves open at its end is rolled back', async (t) => {
    const { result } = await hostile.attack(t, 'statements', 'leaves-a-transaction')
    assert.equal(result.outcome, 'done')
    await writes()
  })

  test('a statement without end is recorded as timed out within seconds, and does not go on', async (t) => {
    const { result, ms } = await hostile.attack(t, 'statements', 'runs-a-statement-without-end')
    assert.equal(result.outcome, 'timed_out')
    assert.ok(hostile.jobs.logged(1, 'statements').some(({ text }) => text === 'begun'))
    assert.ok(ms < 60_000, `${ms} ms`)
    await until(async () => (await running()) === 0, 'the statement has ended', 20)
    await until(() => hostile.jobs.app.kernel.stuckThreads() === 0, 'the thread has ended', 200)
    await writes()
  })

  test('a statement that a job does not wait for does not go on', async (t) => {
    const { result } = await hostile.attack(t, 'statements', 'leaves-a-statement')
    assert.equal(result.outcome, 'done')
    await until(async () => (await running()) === 0, 'the statement has ended', 20)
  })

  if (server) {
    test('a job that ends its own connections fails alone', async (t) => {
      const { result } = await hostile.attack(t, 'statements', 'kills-its-connections')
      assert.equal(result.outcome, 'failed')
    })
  }

  test('jobs and requests of another tenant went on all the while', (t) => {
    const { jobs, requests } = hostile.served
    t.diagnostic(`meanwhile ${jobs} jobs of another tenant were done and ${requests} requests to it served`)
    assert.ok(jobs > 1 && requests > 20)
  })
}

describe('what hostile jobs leave at their database on SQLite', () => suite())
await withMariaDb('what hostile jobs leave at their database on MariaDB', (server) => suite(server))
