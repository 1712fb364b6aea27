import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { runCommandLine } from '../../kernel/cli/command-line.js'
import { makeAppRoot, moduleSource } from '../modules/app-root.js'

/** What a file of the app root waits for: `reached` tells that it does. */
class Gate {
  reached: Promise<void>
  enter = () => {}
  open = () => {}
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve
  })

  constructor(readonly name: string) {
    this.reached = new Promise((resolve) => {
      this.enter = resolve
    })
    Object.assign(globalThis, { [name]: this })
  }

  /** To be pasted into the file. */
  get source(): string {
    return `globalThis.${this.name}.enter()\nawait globalThis.${this.name}.opened\n`
  }
}

/** Keeps what is written, and tells when some of it has come. */
class Sink extends Writable {
  text = ''
  readonly #awaited = new Map<string, () => void>()

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.text += String(chunk)
    for (const [part, resolve] of this.#awaited) if (this.text.includes(part)) resolve()
    done()
  }

  has(part: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.text.includes(part)) resolve()
      else this.#awaited.set(part, resolve)
    })
  }
}

/** Runs `m3saas start` in this process, with a terminal that the test gives signals through. */
function start(root: string, args: readonly string[] = []) {
  const [stdout, stderr] = [new Sink(), new Sink()]
  const handlers = new Map<string, (signal: NodeJS.Signals) => void>()
  let exit: (status: number) => void = () => {}
  const exited = new Promise<number>((resolve) => {
    exit = resolve
  })
  const status = runCommandLine(['start', ...args], {
    env: { PORT: '0' },
    cwd: root,
    stdin: Readable.from([]),
    stdout,
    stderr,
    onSignal(signals, handler) {
      for (const signal of signals) handlers.set(signal, handler)
      return () => handlers.clear()
    },
    onUncaught: () => {},
    exit,
  })
  return { status, exited, stdout, stderr, signal: (signal: NodeJS.Signals) => handlers.get(signal)?.(signal) }
}

const SUBSCRIBED = {
  'seeds/tenants.seed.mjs': `import { defineSeed, tenants } from 'm3saas'
export default defineSeed(tenants, { main: [{ id: 1, name: 'first', user: 'first', password: 'p' }] })`,
  'seeds/modules.seed.mjs': `import { defineSeed, modules } from 'm3saas'
export default defineSeed(modules, { main: [{ id: 1, name: 'slow' }] })`,
  'seeds/subscriptions.seed.mjs': `import { defineSeed, subscriptions } from 'm3saas'
export default defineSeed(subscriptions, { main: [{ id: 1, tenant_id: 1, module_id: 1 }] })`,
}

const configured = (shutdownSeconds: number) => ({
  'config.json': JSON.stringify({ http: { shutdownSeconds }, mqtt: { embedded: false } }),
})

/** An app root whose seeds wait for a gate: the catalog is being prepared meanwhile. */
async function waitingInSeeds(t: TestContext, shutdownSeconds: number) {
  const gate = new Gate(`seeds_${shutdownSeconds * 10}`)
  t.after(gate.open)
  const seeds = { 'seeds/tenants.seed.mjs': `${gate.source}${SUBSCRIBED['seeds/tenants.seed.mjs']}` }
  return { gate, root: await makeAppRoot(t, { ...seeds, ...configured(shutdownSeconds) }) }
}

for (const [signal, expected] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  test(`${signal} while the catalog is prepared: it is finished, nothing is served, and the status says why`, async (t) => {
    const { gate, root } = await waitingInSeeds(t, expected)
    const server = start(root)
    await gate.reached
    server.signal(signal)
    gate.open()
    assert.equal(await server.status, expected, server.stderr.text)
    assert.equal(server.stdout.text, '')
  })
}

test('a catalog that is not prepared within the time of a shutdown is not waited for', async (t) => {
  const { gate, root } = await waitingInSeeds(t, 0.1)
  const server = start(root)
  await gate.reached
  server.signal('SIGTERM')
  assert.equal(await server.exited, 143)
  gate.open()
  await server.status
})

for (const args of [[], ['--json']]) {
  test(`the address is printed before the first tenant is built${args.map((arg) => `, with ${arg}`)}`, async (t) => {
    const gate = new Gate(`module_${args.length}`)
    t.after(gate.open)
    const module = { 'plugins/slow/v1/slow.module.mjs': `${gate.source}${moduleSource('slow')}` }
    const server = start(await makeAppRoot(t, { ...SUBSCRIBED, ...module, ...configured(10) }), args)
    await server.stdout.has('ops_token.secret')
    const lines = server.stdout.text.split('\n')
    if (args.length === 0) {
      assert.match(server.stdout.text, /^M3SaaS serves http:\S+\nThe ops token is in \S+ops_token\.secret\n$/)
      await gate.reached
    } else {
      assert.deepEqual(Object.keys(JSON.parse(lines[0] ?? '')), ['url', 'token'])
    }
    server.signal('SIGTERM')
    await server.stderr.has('shutting down')
    gate.open()
    assert.equal(await server.status, 0, server.stderr.text)
    assert.deepEqual(server.stdout.text.split('\n'), lines, 'no routes are printed any more')
  })
}
