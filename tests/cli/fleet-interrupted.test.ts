import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { launch } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'
import { atTerminal, HIDDEN, linesOf, SHOWN } from './at-terminal.js'
import { FleetRoot, idsFrom, TENANTS, toldIn } from './fleet-fixture.js'

/** Tenants whose migration waits for the test. */
const HELD = idsFrom(20)
const LINES = 19

/** `m3saas migrate --all` as a process of its own, until all that are not held are done. */
async function untilHeld(fleet: FleetRoot, options: readonly string[] = []) {
  const running = launch(['migrate', '--all', '--json', '--parallel', '4', ...options], { cwd: fleet.root })
  const lines = () => running.stdout().split('\n').length - 1
  await until(() => lines() >= LINES || running.child.exitCode !== null, 'all but those that are held are done', 60)
  assert.equal(lines(), LINES, running.stderr())
  return running
}

function suite(server?: SharedMariaDb): void {
  test('killed in the middle it is taken up: no tenant is migrated twice, none is left', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: HELD })
    await fleet.raise('hold')
    const { child, ended, stdout } = await untilHeld(fleet)
    const kernel = await fleet.kernel()
    await until(async () => (await fleet.states(kernel)).tenants.running === 4, 'four tenants are in work')
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(toldIn(stdout()).by, { migrated: idsFrom(1, LINES) })
    assert.deepEqual(await fleet.states(kernel), { runs: ['running'], tenants: { done: 19, running: 4, pending: 17 } })

    await fleet.lower('hold')
    const { status, by, summary } = await fleet.migrateAll()
    assert.deepEqual([status, by], [0, { skipped: idsFrom(1, LINES), migrated: HELD }])
    assert.deepEqual([summary?.run, summary?.state], [1, 'done'])
    const done = ['shop@v1/first done', 'generated done']
    for (const [i, records] of (await fleet.records(kernel)).entries()) {
      assert.deepEqual(
        records.toSorted(),
        (i < LINES ? done : ['held@v1/first done', ...done]).toSorted(),
        `tenant ${i + 1}`,
      )
    }
    assert.deepEqual(await fleet.states(kernel), { runs: ['done'], tenants: { done: TENANTS } })
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`asked to end by ${signal} it finishes the tenants in work and says what is left`, async (t) => {
      const fleet = await FleetRoot.make(t, server, { held: HELD })
      await fleet.raise('hold')
      const { child, ended, stderr } = await untilHeld(fleet)
      const kernel = await fleet.kernel()
      await until(async () => (await fleet.states(kernel)).tenants.running === 4, 'four tenants are in work')
      child.kill(signal)
      await until(() => stderr() !== '', 'the signal has arrived')
      await fleet.lower('hold')
      const { status, stdout } = await ended
      assert.equal(status, 1)
      const { by, summary } = toldIn(stdout)
      assert.deepEqual(by, { migrated: idsFrom(1, LINES + 4) })
      assert.deepEqual([summary?.state, summary?.stopped, summary?.remaining], ['stopped', 'asked', 17])
      assert.deepEqual(await fleet.states(kernel), { runs: ['stopped'], tenants: { done: 23, pending: 17 } })
      assert.equal(stderr(), 'm3saas: finishing the tenants in work; a second signal ends it at once\n')
      assert.equal((await fleet.migrateAll()).status, 0)
    })
  }

  test('a second signal ends it at once', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: HELD })
    await fleet.raise('hold')
    const { child, ended, stderr } = await untilHeld(fleet)
    child.kill('SIGINT')
    await until(() => stderr() !== '', 'the signal has arrived')
    child.kill('SIGINT')
    assert.equal((await ended).status, 1)
  })

  test('of two at once the second is refused at once, and so is a migration of a tenant in work; others are free', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: HELD })
    await fleet.raise('hold')
    const { ended } = await untilHeld(fleet)
    const kernel = await fleet.kernel()
    await until(async () => (await fleet.states(kernel)).tenants.running === 4, 'four tenants are in work')
    assert.deepEqual(await fleet.call('migrate --all'), {
      status: 1,
      stdout: '',
      stderr: 'm3saas: Another migration of all tenants is running; try again when it is done\n',
    })
    await assert.rejects(kernel.runMode(20, 'migrate'), { code: 'LOCKED' })
    await kernel.runMode(1, 'migrate')
    await fleet.lower('hold')
    const { status, stdout } = await ended
    assert.deepEqual([status, toldIn(stdout).by], [0, { migrated: idsFrom(1) }])
  })

  test('a tenant that is being migrated by itself is waited for, and then has nothing left to do', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: [1] })
    await fleet.raise('hold')
    const kernel = await fleet.kernel()
    await kernel.prepareCatalog()
    const single = kernel.runMode(1, 'migrate')
    await until(async () => (await fleet.records(kernel))[0]?.length === 1, 'its migration runs')
    const all = fleet.migrateAll()
    await until(
      async () => (await fleet.states(kernel).catch(() => undefined))?.tenants.running === 1,
      'the other waits',
    )
    await fleet.lower('hold')
    assert.equal((await single).upToDate, false)
    assert.deepEqual((await all).by, { upToDate: [1], migrated: idsFrom(2) })
  })

  test('a reader that leaves ends it after the tenants in work, and nothing is cut off', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: HELD })
    await fleet.raise('hold')
    const { child, ended, stderr } = await untilHeld(fleet)
    const kernel = await fleet.kernel()
    await until(async () => (await fleet.states(kernel)).tenants.running === 4, 'four tenants are in work')
    child.stdout.destroy()
    await fleet.lower('hold')
    assert.deepEqual([(await ended).status, stderr()], [1, ''])
    const { runs, tenants } = await fleet.states(kernel)
    assert.deepEqual([runs, tenants.running, (tenants.done ?? 0) < TENANTS], [['stopped'], undefined, true])
    assert.equal((await fleet.migrateAll()).status, 0)
  })

  test('a person at a terminal sees a bar that fits it with rate and time left, then the summary', async (t) => {
    const fleet = await FleetRoot.make(t, server)
    const { out, drawn, status } = await atTerminal(['migrate', '--all'], { cwd: fleet.root }).ended
    assert.equal(status, 0)
    assert.match(out, /^40 tenants in \d+\.\d s: 40 migrated, 0 up to date, 0 failed\n$/)
    assert.match(drawn, /█+ 40\/40 tenants \| 0 failed \| \d+\/s \| \d+s left/)
    for (const line of linesOf(drawn)) assert.ok(line.length < 80, line)
    const narrow = await atTerminal(['migrate', '--all'], { cwd: fleet.root, columns: 30 }).ended
    for (const line of linesOf(narrow.drawn)) assert.ok(line.length <= 30, line)
  })

  test('at a terminal a signal is answered on a line of its own, and a second one leaves the cursor as it was', async (t) => {
    const fleet = await FleetRoot.make(t, server, { held: HELD })
    await fleet.raise('hold')
    const { signal, drawn, ended, exits } = atTerminal(['migrate', '--all'], { cwd: fleet.root })
    await until(() => drawn().includes(' 19/40 tenants'), 'all but those that are held are done')
    signal()
    const said = 'm3saas: finishing the tenants in work; a second signal ends it at once'
    assert.ok(linesOf(drawn()).includes(said))
    signal()
    assert.deepEqual(exits, [1])
    assert.ok(drawn().lastIndexOf(SHOWN) > drawn().lastIndexOf(HIDDEN), 'the cursor is shown again')
    await fleet.lower('hold')
    await ended
  })
}

describe('a migration of all tenants that does not come to its end, on SQLite', () => suite())
await withMariaDb('a migration of all tenants that does not come to its end, on MariaDB', suite)
