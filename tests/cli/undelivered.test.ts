import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { withKernel } from '../../kernel/cli/open-kernel.js'
import { makeAppRoot } from '../modules/app-root.js'
import { noMosquitto as skip, startMosquitto } from '../support/mosquitto.js'

/** A command that publishes one message and would end with `status`. */
async function run(t: TestContext, port: number, status: number): Promise<{ status: number; stderr: string }> {
  const root = await makeAppRoot(t, {
    'config.json': JSON.stringify({ http: { shutdownSeconds: 1 }, mqtt: { host: '127.0.0.1', port } }),
  })
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const terminal = {
    ...{ env: {}, cwd: root, stdin: new PassThrough().end(), stdout, stderr },
    ...{ onSignal: () => () => {}, onUncaught: () => {}, exit: () => assert.fail() },
  }
  const ended = await withKernel({ terminal, root, json: false, environment: {} }, async ({ mqtt }) => {
    await mqtt.of({ id: 1, name: 'first' }).publish('a', 'x', { qos: 1 })
    return status
  })
  return { status: ended, stderr: String(stderr.read() ?? '') }
}

test('a command whose messages reach no broker fails, and says so', async (t) => {
  const { status, stderr } = await run(t, 1, 0)
  assert.equal(status, 1)
  assert.deepEqual(stderr.split('\n').slice(-2), [
    'm3saas: 1 message did not reach the broker 127.0.0.1:1 before the end and is lost: 1 of tenant 1, first',
    '',
  ])
})

test('a command that failed by itself keeps its status', async (t) => {
  assert.equal((await run(t, 1, 3)).status, 3)
})

test('a command whose messages the broker has ends as it would without them, and quietly', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  assert.deepEqual(await run(t, broker.port, 0), { status: 0, stderr: '' })
  assert.match(await broker.log(), /Received PUBLISH from m3saas\w+ \(d0, q1, r0, m1, 'first\/a'/)
})
