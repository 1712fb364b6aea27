import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { databaseOn } from '../support/app.js'
import { launch, startCommand } from '../support/command.js'
import { type MariaDb, startMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'

const server = await startMariaDb()
after(() => server?.stop())

/** An app root whose catalog is to be on the server. */
async function rootOn(t: TestContext, mariaDb: MariaDb, changes: object = {}): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'm3saas-wait-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const config = {
    dbSalt: 'salt of the tests',
    tenants: { database: { ...databaseOn(mariaDb), ...changes } },
    log: { level: 'info' },
  }
  await writeFile(path.join(root, 'config.json'), JSON.stringify(config))
  return root
}

const WAITING = /does not answer \(ECONNREFUSED\); waiting \d+ s for it/

describe('a start', { skip: server ? false : 'no mariadbd is installed' }, () => {
  if (!server) return
  const place = `127.0.0.1:${server.port}`

  test('waits for a database server that comes later, and serves', async (t) => {
    const root = await rootOn(t, server)
    await server.halt()
    const { child, stdout, stderr, ended } = launch(['start'], { cwd: root, env: { PORT: '0' } })
    t.after(() => child.kill('SIGKILL'))
    await until(() => WAITING.test(stderr()), 'the log tells that it waits')
    assert.equal(stdout(), '')
    await server.resume()
    await until(() => stdout().includes('M3SaaS serves'), 'it serves')
    const lines = stderr()
      .split('\n')
      .filter((line) => line.includes(place))
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      [
        `the database server at ${place} does not answer (ECONNREFUSED); waiting 60 s for it`,
        `the database server at ${place} answers`,
      ],
    )
    assert.ok(!stderr().includes(server.rootPassword))
    const url = /http:\/\/[\d.:]+/.exec(stdout())?.[0]
    assert.equal((await fetch(`${url}/health/ready`)).status, 200)
    child.kill('SIGTERM')
    assert.equal((await ended).status, 0)
  })

  test('does not wait for a server that refuses its password', async (t) => {
    const root = await rootOn(t, server, { password: 'another one' })
    const { status, stderr } = await launch(['start'], { cwd: root }).ended
    assert.equal(status, 1)
    assert.match(stderr, /^m3saas: The database server refuses the connection: .*password/)
    assert.doesNotMatch(stderr, /waiting|another one/)
  })

  test('says nothing of it where the server answers at once', async (t) => {
    const command = await startCommand({ cwd: await rootOn(t, server) })
    assert.deepEqual(
      command.log().filter(({ msg }) => /database server/.test(String(msg))),
      [],
    )
    await command.stop()
  })
})

test('a start whose database server does not come in time ends, and says which and why', async (t) => {
  const nobody = { host: '127.0.0.1', port: await closedPort(), rootUser: 'root', rootPassword: 'of nobody' } as MariaDb
  const root = await rootOn(t, nobody, { waitSeconds: 0.7 })
  const { status, stdout, stderr } = await launch(['start'], { cwd: root }).ended
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, WAITING)
  const said = `The database server at 127.0.0.1:${nobody.port} did not answer within 0.7 s (tenants.database.waitSeconds)`
  assert.ok(stderr.endsWith(`m3saas: ${said}: ECONNREFUSED\n`), stderr)

  const atOnce = await launch(['start'], { cwd: await rootOn(t, nobody, { waitSeconds: 0 }) }).ended
  assert.equal(atOnce.status, 1)
  assert.equal(atOnce.stderr, `m3saas: The database server at 127.0.0.1:${nobody.port} did not answer: ECONNREFUSED\n`)
})

test('a signal ends the waiting, and other commands do not wait', async (t) => {
  const nobody = { host: '127.0.0.1', port: await closedPort(), rootUser: 'root', rootPassword: 'of nobody' } as MariaDb
  const root = await rootOn(t, nobody)
  const { child, ended, stderr } = launch(['start'], { cwd: root })
  await until(() => WAITING.test(stderr()), 'the log tells that it waits')
  child.kill('SIGTERM')
  assert.equal((await ended).status, 143)
  const { status, stderr: said } = await launch(['tenant', 'list'], { cwd: root }).ended
  assert.deepEqual([status, said], [1, 'm3saas: The database cannot be reached; try again\n'])
})

async function closedPort(): Promise<number> {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  await new Promise((resolve) => taken.close(resolve))
  return port
}
