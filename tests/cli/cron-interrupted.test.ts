import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Kernel } from '../../kernel/kernel.js'
import { launch } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'
import { CronRoot, ticked } from './cron-fixture.js'

const ASKED = 'm3saas: waiting for the jobs that run; a second signal ends it at once\n'

/** Tenant 1 has a job that waits for the test; a process of its own runs it by now. */
async function whileWaiting(
  t: { after(fn: () => Promise<void>): void },
  server: SharedMariaDb | undefined,
  args: readonly string[],
) {
  const cron = await CronRoot.make(t, server, [['slow'], []])
  await cron.raise('slow')
  const kernel = await cron.kernel()
  await kernel.prepareCatalog()
  const running = launch(['cron', ...args], { cwd: cron.root })
  await until(() => isRunning(kernel) || running.child.exitCode !== null, 'the job runs', 60)
  assert.equal(running.child.exitCode, null, running.stderr())
  return { cron, kernel, ...running }
}

async function isRunning(kernel: Kernel): Promise<boolean> {
  const { jobs } = await kernel.cron.list(1)
  return jobs.some(({ running }) => running)
}

function suite(server?: SharedMariaDb): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`asked to end by ${signal} it waits for the job that runs`, async (t) => {
      const { cron, child, ended, stderr } = await whileWaiting(t, server, ['--json'])
      child.kill(signal)
      await until(() => stderr() !== '', 'the signal has arrived')
      assert.equal(stderr(), ASKED)
      await cron.lower('slow')
      const { status, stdout } = await ended
      assert.deepEqual([status, ticked(stdout).events], [1, ['run 1 wait done']])
    })
  }

  test('a second signal ends it at once; the job is its own again once the claim has run out', async (t) => {
    const { cron, kernel, child, ended, stderr } = await whileWaiting(t, server, ['run', '1', 'slow@v1', 'wait'])
    child.kill('SIGTERM')
    await until(() => stderr() !== '', 'the signal has arrived')
    child.kill('SIGTERM')
    assert.equal((await ended).status, 1)
    assert.ok(await isRunning(kernel), 'the claim is still there')
    await cron.lower('slow')
    await assert.rejects(kernel.cron.run(1, 'slow@v1', 'wait'), { code: 'JOB_RUNNING' })
  })

  test('two at once do not run a job twice, nor does a person', async (t) => {
    const { cron, kernel, ended } = await whileWaiting(t, server, ['--json'])
    const byHand = await cron.call('cron run 1 slow@v1 wait --json')
    assert.deepEqual([byHand.status, JSON.parse(byHand.stderr).code], [1, 'JOB_RUNNING'])
    const dry = await cron.tick('--dry-run')
    assert.deepEqual([dry.status, dry.events], [0, ['left 1 wait']])

    await cron.call('tenant subscribe 2 shop@v1')
    const second = launch(['cron', '--json'], { cwd: cron.root })
    await until(() => second.stdout().includes('"count"') || second.child.exitCode !== null, 'the other goes on', 60)
    second.child.kill('SIGTERM')
    const { status, stdout, stderr } = await second.ended
    assert.deepEqual([status, ticked(stdout).events, stderr], [1, ['left 1 wait', 'run 2 count done'], ASKED])

    await cron.lower('slow')
    const first = await ended
    assert.deepEqual([first.status, ticked(first.stdout).events], [0, ['run 1 wait done']])
    assert.equal((await cron.traces(kernel, 1)).length, 1)
    assert.deepEqual((await cron.tick()).events, [])
  })

  test('a reader that leaves ends it after the job that runs', async (t) => {
    const { cron, child, kernel, ended } = await whileWaiting(t, server, ['--json'])
    child.stdout.destroy()
    await cron.lower('slow')
    await ended
    assert.equal(await isRunning(kernel), false)
    const [run] = await kernel.cron.runs(1, { most: 1 })
    assert.equal(run?.outcome, 'done')
  })
}

describe('m3saas cron that does not come to its end by itself, on SQLite', () => suite())
await withMariaDb('m3saas cron that does not come to its end by itself, on MariaDB', suite)
