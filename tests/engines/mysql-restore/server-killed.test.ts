import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ending } from '../../support/ending.js'
import { startMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { RestoreFixture } from './restore-fixture.js'

// One of its own: others would miss it.
const server = await startMariaDb(['--event-scheduler=ON'])
after(() => server?.stop())
const skip = server ? false : 'no mariadbd is installed'
const placed = async () => {}
/** Many, so that moving them takes a while. */
const TABLES = 25

function made(t: Ending): Promise<RestoreFixture> {
  assert.ok(server)
  return RestoreFixture.make(t, server)
}

/** The server is killed so many milliseconds after the step begins, and comes back. */
async function killServerAt(fixture: RestoreFixture, step: string, ms: number): Promise<void> {
  let killed: Promise<unknown> | undefined
  const hooks = {
    placed,
    step(name: string) {
      if (name === step) killed ??= delay(ms).then(() => server?.halt('kill'))
    },
  }
  const error = await fixture.restore(hooks).then(
    () => undefined,
    (reason: { code?: string }) => reason,
  )
  if (error) assert.match(String(error.code), /^(?:RESTORE_FAILED|DATABASE_UNAVAILABLE)$/, String(error))
  await killed
  await server?.resume()
  await fixture.engine().provision(fixture.live)
  assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft, step)
}

test('a server that is killed in the middle has the old or the new when it is back', { skip }, async (t) => {
  const fixture = await made(t)
  const reversed = await fixture.reversed(t)
  for (const step of ['shut out', 'triggers', 'rename', 'definitions', 'placed', 'unlock', 'clean']) {
    await killServerAt((await fixture.state()) === 'old' ? fixture : reversed, step, 0)
    assert.match(await fixture.state(), /^(?:old|new)$/, step)
  }
})

test('of many tables all are the old or the new, wherever the server dies', { skip }, async (t) => {
  const fixture = await made(t)
  for (const [identity, mark] of [
    [fixture.live, 'old'],
    [fixture.source, 'new'],
  ] as const) {
    await fixture.as(identity, Array.from({ length: TABLES }, (_, i) => `CREATE TABLE t${i} (${mark} INT)`).join('; '))
  }
  for (const ms of [2, 10, 40]) {
    await killServerAt(fixture, 'rename', ms)
    const rows = await fixture.root<{ n: unknown }>(
      `SELECT COUNT(*) AS n FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = '${fixture.live.name}' AND TABLE_NAME LIKE 't%' AND COLUMN_NAME IN ('old', 'new') GROUP BY COLUMN_NAME`,
    )
    assert.deepEqual(
      rows.map(({ n }) => Number(n)),
      [TABLES],
      `after ${ms} ms`,
    )
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
      await delay(1200)
      assert.equal(await eggs(), shutOut)
    },
    placed,
  })
  const restored = await eggs()
  await until(async () => (await eggs()) > restored, 'an event of the new database runs')
  assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
})
