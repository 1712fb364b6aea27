import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { runCommandLine } from '../../kernel/cli/command-line.js'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'

async function run(root: string, line: string): Promise<{ status: number; printed: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const none = () => {}
  const terminal = { env: {}, cwd: root, stdin: Readable.from([]), stdout, stderr, onUncaught: none, exit: none }
  const status = await runCommandLine(line.split(' '), { ...terminal, onSignal: () => none })
  stdout.end()
  stderr.end()
  return { status, printed: (await text(stdout)) + (await text(stderr)) }
}

test('a subscription that is there already, or is none, is told so and is no failure', async (t) => {
  const root = await makeAppRoot(t, { 'plugins/shop/v1/shop.module.mjs': moduleSource('shop') })
  await run(root, 'tenant add first')
  const says = async (line: string, printed: string) =>
    assert.deepEqual(await run(root, line), { status: 0, printed: `${printed}\n` })
  const json = (more: object) => JSON.stringify({ tenant: 1, module: 'shop@v1', ...more })
  await says('tenant subscribe 1 shop@v1', 'tenant 1 is subscribed to shop@v1')
  await says('tenant subscribe 1 shop@v1', 'tenant 1 is already subscribed to shop@v1')
  await says('tenant subscribe 1 shop@v1 --json', json({ subscribed: true, changed: false }))
  await says('tenant unsubscribe 1 shop@v1 --json', json({ unsubscribed: true, changed: true }))
  await says('tenant unsubscribe 1 shop@v1', 'tenant 1 was not subscribed to shop@v1')
  await says('tenant unsubscribe 1 shop@v1 --json', json({ unsubscribed: true, changed: false }))
})
