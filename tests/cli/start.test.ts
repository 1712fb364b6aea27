import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import { assembleKernel } from '../../kernel/kernel.js'
import { databaseOn, sampleRoot } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { callCommand, runCommand, startCommand } from '../support/command.js'
import { contentsOf } from '../support/contents.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'

/** The sample's modules and seeds in an app root of their own, never started before. */
async function freshRoot(t: TestContext, config: object = {}): Promise<string> {
  const root = await sampleRoot()
  t.after(() => rm(root, { recursive: true, force: true }))
  await writeFile(
    path.join(root, 'config.json'),
    JSON.stringify({ dbSalt: 'salt', mqtt: { embedded: false }, ...config }),
  )
  return root
}

const tokenFile = (root: string) => path.join(root, 'secrets', 'ops_token.secret')
const isClosed = (url: string) => assert.rejects(fetch(url), /fetch failed/)

test('a first start prints the address, where the ops token is and routes to try, all of which work', async (t) => {
  const root = await freshRoot(t)
  const server = await startCommand({ cwd: root })
  t.after(() => server.stop())
  const call = clientOf(server.url)
  await until(() => server.stdout().includes('/modules'), 'it says all')
  const lines = server.stdout().split('\n')
  assert.deepEqual(lines.slice(0, 2), [`M3SaaS serves ${server.url}`, `The ops token is in ${tokenFile(root)}`])
  assert.match(String(lines[2]), /^Try, of tenant 1, t1_\w+:$/)
  const routes = lines.flatMap((line) => /^ {2}GET +(http\S+)$/.exec(line)?.[1] ?? [])
  assert.ok(routes.includes(`${server.url}/1/test/v1/animals`), server.stdout())
  for (const route of routes) assert.ok([200, 401].includes((await fetch(route.replace(':id', '1'))).status), route)
  assert.match(server.stdout(), /^Tenant 2, t2_\w+: test@v1$/m)

  const token = (await readFile(tokenFile(root), 'utf8')).trim()
  assert.match(token, /^[\w-]{43}$/)
  assert.equal((await stat(tokenFile(root))).mode & 0o777, 0o600)
  assert.equal((await call('GET', '/modules', { token })).status, 200)
  assert.equal((await call('GET', '/modules')).status, 401)

  const { status, stdout, stderr } = await server.stop()
  assert.equal(status, 0)
  assert.equal(`${stdout}${stderr}`.includes(token), false, 'the token is not printed')
  for (const line of server.log()) assert.equal(typeof line.msg, 'string')
  await isClosed(server.url)
})

test('a second start takes the token of the first, and prints with --json one line', async (t) => {
  const root = await freshRoot(t)
  await (await startCommand({ cwd: root })).stop()
  const token = await readFile(tokenFile(root), 'utf8')
  const server = await startCommand({ cwd: '/', env: { M3SAAS_ROOT: root } }, ['--json'])
  const { status, stdout } = await server.stop('SIGINT')
  assert.equal(status, 0)
  assert.equal(stdout, `${JSON.stringify({ url: server.url, token: tokenFile(root) })}\n`)
  assert.equal(await readFile(tokenFile(root), 'utf8'), token)
})

test('a start tells where its own broker listens, and with --json too', async (t) => {
  const root = await freshRoot(t, { mqtt: { listen: { port: 0, webSocketPort: 0 } } })
  const first = await startCommand({ cwd: root })
  const line = first.stdout().split('\n')[2]
  assert.match(String(line), /^MQTT is served at mqtt:\/\/127\.0\.0\.1:\d+ and ws:\/\/127\.0\.0\.1:\d+\S*$/)
  assert.equal((await first.stop()).status, 0)
  const second = await startCommand({ cwd: root }, ['--json'])
  const { stdout, status } = await second.stop()
  const told = JSON.parse(stdout)
  assert.deepEqual([Object.keys(told), told.mqtt.length, status], [['url', 'token', 'mqtt'], 2, 0])
})

test('a token of the configuration is not written anywhere', async (t) => {
  const root = await freshRoot(t, { ops: { token: 'a token of my own choice' } })
  const server = await startCommand({ cwd: root })
  const { stdout, stderr } = await server.stop()
  assert.match(stdout, /^The ops token is in ops\.token of the configuration$/m)
  assert.equal(`${stdout}${stderr}`.includes('of my own choice'), false)
  assert.equal((await readdir(root)).includes('secrets'), false)
})

test('an app root without tenants says how to add one', async (t) => {
  const root = await freshRoot(t)
  await rm(path.join(root, 'seeds'), { recursive: true })
  const server = await startCommand({ cwd: root })
  const advice = 'There is no tenant yet: m3saas tenant add <name>, or seeds/tenants.seed.ts'
  await until(() => server.stdout().split('\n')[2] === advice, 'it says so')
  assert.equal((await server.stop()).status, 0)
})

describe('an address that cannot be listened on: one message and status 1', () => {
  test('a port in use', async (t) => {
    const other = createServer().listen(0, '127.0.0.1')
    t.after(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const root = await freshRoot(t)
    const reason = 'another program listens there already; set http.port or PORT to another one'
    assert.deepEqual(await runCommand(['start'], { cwd: root, env: { PORT: String(port) } }), {
      status: 1,
      stdout: '',
      stderr: `m3saas: Cannot listen on 127.0.0.1:${port}: ${reason}\n`,
    })
  })

  test('a host that is no address of this machine', async (t) => {
    const root = await freshRoot(t)
    const reason = 'the host is no address of this machine; set http.host or HOST'
    // TEST-NET-1 of RFC 5737: nobody has it.
    assert.deepEqual(await runCommand(['start'], { cwd: root, env: { PORT: '0', HOST: '192.0.2.1' } }), {
      status: 1,
      stdout: '',
      stderr: `m3saas: Cannot listen on 192.0.2.1:0: ${reason}\n`,
    })
  })
})

test('an ops token file that cannot be used: one message and status 1', async (t) => {
  const root = await freshRoot(t)
  await mkdir(path.dirname(tokenFile(root)))
  await writeFile(tokenFile(root), 'short\n')
  const place = `m3saas: The ops token file ${tokenFile(root)} is not usable: `
  const start = async () => (await callCommand(['start'], { cwd: root, env: { PORT: '0' } })).stderr
  assert.equal(await start(), `${place}it holds fewer than 16 characters; delete it to get a new one\n`)
  await rm(tokenFile(root))
  await mkdir(tokenFile(root))
  assert.equal(await start(), `${place}it cannot be read\n`)
})

function firstStartOfTwo(server?: SharedMariaDb): void {
  test('two processes at once: one migrates, the other waits, both serve the same', async (t) => {
    const root = await freshRoot(
      t,
      server ? { dbSalt: 'salt of the tests', tenants: { database: databaseOn(server) } } : {},
    )
    const servers = await Promise.all([startCommand({ cwd: root }), startCommand({ cwd: root })])
    t.after(() => Promise.all(servers.map((each) => each.stop())))
    const token = (await readFile(tokenFile(root), 'utf8')).trim()
    for (const { url, log } of servers) {
      const call = clientOf(url)
      assert.equal((await call('POST', '/1/test/v1/animals', { body: { name: url } })).status, 201)
      assert.equal((await call('GET', '/modules', { token })).status, 200)
      assert.deepEqual(
        log().filter(({ level }) => Number(level) > 30),
        [],
      )
    }
    const animals = await Promise.all(
      servers.map(async ({ url }) => (await clientOf(url)('GET', '/1/test/v1/animals')).body),
    )
    assert.deepEqual(animals[0], animals[1])
    assert.equal((animals[0] as object[]).length, 2)

    const kernel = await assembleKernel({ root, config: await loadConfig(root, {}), log: pino({ level: 'silent' }) })
    t.after(() => kernel.close())
    const { engine } = kernel
    const runs = await engine.catalog.select('SELECT kind, outcome FROM m3saas_migrations')
    assert.deepEqual(
      runs.map((run) => ({ ...run })),
      [{ kind: 'generated', outcome: 'done' }],
    )
    const { tenants, subscriptions } = await contentsOf(engine.catalog, engine)
    assert.deepEqual([tenants?.length, subscriptions?.length], [2, 5])
  })
}

describe('a first start of two processes on SQLite', () => firstStartOfTwo())
await withMariaDb('a first start of two processes on MariaDB', firstStartOfTwo)
