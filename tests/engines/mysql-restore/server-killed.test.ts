import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { RestoreFixture } from './restore-fixture.js'
import { FORWARD } from './steps.js'

// One of its own: others would miss it.
const server = await startMariaDb(['--event-scheduler=ON'])
after(() => server?.stop())
const skip = server ? false : 'no mariadbd is installed'
const placed = async () => {}
/** Many, so that moving them takes a while. */
const TABLES = 40

async function made(t: Parameters<typeof RestoreFixture.make>[0]): Promise<RestoreFixture> {
  assert.ok(server)
  const fixture = await RestoreFixture.make(t, server)
  // As servers are unless they are for tests: what was committed is on disk.
  await fixture.root('SET GLOBAL innodb_flush_log_at_trx_commit = 1')
  return fixture
}

test('a server that is killed in the middle has the old or the new when it is back', { skip }, async (t) => {
  assert.ok(server)
  const fixture = await made(t)
  const reversed = await fixture.reversed(t)
  for (const [step, ms] of [
    ...FORWARD.map((step) => [step, 0] as const),
    ...[2, 5, 10, 20, 40, 80].map((ms) => ['rename', ms] as const),
  ]) {
    const each = (await fixture.state()) === 'old' ? fixture : reversed
    let killed: Promise<void> | undefined
    const restored = each.restore({
      placed,
      step(name) {
        if (name !== step || killed) return
        killed =
          ms === 0
            ? server.halt('kill')
            : new Promise((resolve) => setTimeout(resolve, ms)).then(() => server.halt('kill'))
      },
    })
    const error = await restored.then(
      () => undefined,
      (reason: { code?: string }) => reason,
    )
    assert.ok(
      error === undefined || ['RESTORE_FAILED', 'DATABASE_UNAVAILABLE'].includes(String(error.code)),
      String(error),
    )
    await killed
    await server.resume()
    await fixture.engine().provision(fixture.live)
    assert.match(await fixture.state(), /^(?:old|new)$/, `${step} ${ms}`)
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft, step)
  }
})

test('a database of many tables is the old or the new, wherever the server dies', { skip }, async (t) => {
  assert.ok(server)
  const fixture = await made(t)
  const tables = Array.from({ length: TABLES }, (_, i) => `t${i}`)
  const make = (mark: string) => tables.map((name) => `CREATE TABLE ${name} (${mark} INT)`).join('; ')
  await fixture.as(fixture.live, make('old'))
  await fixture.as(fixture.source, make('new'))
  for (const ms of [1, 10, 30, 60, 100, 150]) {
    let killed: Promise<void> | undefined
    const restored = fixture.restore({
      placed,
      step(name) {
        if (name === 'rename')
          killed = new Promise((resolve) => setTimeout(resolve, ms)).then(() => server.halt('kill'))
      },
    })
    await restored.catch(() => undefined)
    await killed
    await server.resume()
    await fixture.engine().provision(fixture.live)
    const rows = await fixture.root<{ mark: string; n: unknown }>(
      `SELECT COLUMN_NAME AS mark, COUNT(*) AS n FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${fixture.live.name}' AND TABLE_NAME LIKE 't%' AND COLUMN_NAME IN ('old', 'new') GROUP BY 1`,
    )
    assert.deepEqual(
      rows.map(({ n }) => Number(n)),
      [TABLES],
      JSON.stringify(rows),
    )
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  }
})

test('events that are due all the time keep nothing from being restored, and run afterwards', { skip }, async (t) => {
  const fixture = await made(t)
  const event = 'CREATE EVENT lay ON SCHEDULE EVERY 1 SECOND DO INSERT INTO eggs SELECT MAX(id) + 1, 1 FROM eggs'
  await fixture.as(fixture.live, event)
  await fixture.as(fixture.source, event)
  const eggs = async () => {
    const [row] = await fixture.root<{ n: unknown }>(`SELECT COUNT(*) AS n FROM ${fixture.live.name}.eggs`)
    return Number(row?.n)
  }
  let shutOut = 0
  await fixture.restore({
    async shutOut() {
      shutOut = await eggs()
      // Longer than any of them waits.
      await new Promise((resolve) => setTimeout(resolve, 1200))
      assert.equal(await eggs(), shutOut)
    },
    placed,
  })
  const restored = await eggs()
  await until(async () => (await eggs()) > restored, 'an event of the new database runs')
  assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
})
