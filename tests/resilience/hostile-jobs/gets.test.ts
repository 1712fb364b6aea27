import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { BROKER, hostileApp } from './hostile-app.js'

/** Jobs that try to get something, and how many attempts they make at least. */
const ATTEMPTS = [
  ['environment', 'read', 7],
  ['secrets', 'search', 20],
  ['databases', 'open', 10],
  ['descriptors', 'scan', 15],
  ['handles', 'forge', 11],
  ['process', 'harm', 16],
  ['process', 'programs', 5],
  ['ports', 'post', 6],
  ['topics', 'publish', 19],
  ['topics', 'forge', 0],
  ['topics', 'flood', 0],
] as const

const MEGABYTE = 1024 * 1024

function suite(server?: SharedMariaDb): void {
  const hostile = hostileApp(server)
  before(async () => {
    const { app, databases, passwords } = hostile.jobs
    const { root } = app
    const { catalog } = app.kernel.engine
    const other = databases[1] as string
    await writeFile(path.join(root, 'config.json'), '{ "dbSalt": "salt of the tests" }')
    const data = path.join(root, 'data')
    const secrets = [
      'salt of the tests',
      app.token,
      BROKER.password,
      passwords[1] as string,
      ...(server ? [server.rootPassword, catalog.name] : []),
    ]
    // Mirrored: the job must not find what it looks for in its own memory.
    await hostile.hint(
      'needle',
      secrets.map((secret) => [...secret].reverse().join('')),
    )
    await hostile.hint('file', [
      ...['config.json', 'secrets/config.json.secret', 'seeds/tenants.seed.mjs', 'data/ops_token'].map((file) =>
        path.join(root, file),
      ),
      '/etc/passwd',
    ])
    await hostile.hint('folder', [root, path.join(root, 'seeds'), data, '/proc/self/fd', '/'])
    await hostile.hint('tenant', [other])
    await hostile.hint('broker', [`mqtt://127.0.0.1:${app.kernel.config.mqtt.broker?.port}`])
    if (server) {
      await hostile.hint('database', [other, catalog.name, 'mysql'])
      await hostile.hint('statement', [
        ...[other, catalog.name].flatMap((name) => [
          `USE ${name}`,
          `CREATE TABLE ${name}.mole (id INT)`,
          `DROP DATABASE ${name}`,
        ]),
        `SELECT * FROM ${other}.hints`,
        `SELECT * FROM ${catalog.name}.tenants`,
        'SELECT * FROM mysql.user',
        `SELECT LOAD_FILE('/etc/passwd') INTO OUTFILE '/tmp/mole'`,
      ])
    } else {
      const files = [path.join(data, 'tenants', `${other}.sqlite`), path.join(data, 'catalog.sqlite')]
      await hostile.hint('database file', files)
      await hostile.hint('statement', [
        ...files.flatMap((file) => [`ATTACH '${file}' AS other`, `SELECT readfile('${file}')`]),
        `VACUUM INTO '${path.join(data, 'copy.sqlite')}'`,
        'PRAGMA writable_schema = ON',
        `SELECT load_extension('x')`,
      ])
    }
  })

  for (const [module, job, least] of ATTEMPTS) {
    test(`${module}/${job} gets nothing`, async (t) => {
      const { result, got, refused } = await hostile.attack(t, module, job)
      assert.deepEqual(got, [])
      assert.deepEqual(result, { outcome: 'done' })
      assert.ok(refused >= least, `${refused} attempts were refused`)
    })
  }

  test('what is far too long to be published does not fill the memory', async (t) => {
    const before = process.memoryUsage().rss
    const watched = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss)
    }, 20)
    let most = before
    const { result } = await hostile.attack(t, 'topics', 'stuff')
    clearInterval(watched)
    t.diagnostic(`the process grew by ${Math.round((most - before) / MEGABYTE)} MB; ${result.outcome}`)
    // 200 copies wait in its thread, which is ended for it: it may hold 256 MB.
    assert.equal(result.outcome, 'out_of_memory')
    assert.ok(most - before < 1500 * MEGABYTE)
  })

  test('what jobs publish goes below the name of their own tenant, without end or not', async (t) => {
    const poured = await hostile.attack(t, 'topics', 'pour')
    assert.equal(poured.result.outcome, 'timed_out')
    const [own] = hostile.jobs.databases
    await until(() => hostile.topics.includes(`${own}/poured`), 'something has come')
    const topics = new Set(hostile.topics)
    t.diagnostic(`${hostile.topics.length} messages of ${topics.size} topics: ${[...topics].join(', ')}`)
    assert.deepEqual(
      [...topics].filter((topic) => !topic.startsWith(`${own}/`) && !topic.startsWith('news/')),
      [],
    )
    assert.ok(topics.has(`${own}/../${hostile.jobs.databases[1]}/x`) && topics.has(`${own}/inherited`))
  })

  test('what a job leaves behind, and what it patches, is not there for the next one', async (t) => {
    const left = await hostile.attack(t, 'traces', 'leave')
    assert.deepEqual(left.result, { outcome: 'done' })
    for (const tenant of [2, 1]) {
      assert.deepEqual(await hostile.jobs.run(tenant, 'traces', 'look'), { outcome: 'done' })
      assert.deepEqual(hostile.jobs.logged(tenant, 'traces').at(-1)?.data.got, [])
    }
    assert.equal((globalThis as { left?: unknown }).left, undefined)
  })

  test('what a job prints goes to the log, up to a limit, and no further', async (t) => {
    const { result } = await hostile.attack(t, 'floods', 'fill')
    assert.deepEqual(result, { outcome: 'done' })
    const lines = hostile.jobs.logged(1, 'floods')
    assert.ok(lines.length > 100 && lines.length <= 1001, `${lines.length} lines`)
    assert.match(lines.at(-1)?.text ?? '', /^\d+ more lines of the job's log are left out$/)
    const endless = await hostile.attack(t, 'floods', 'without-end')
    assert.equal(endless.result.outcome, 'timed_out')
    assert.ok(hostile.jobs.logged(1, 'floods').length <= lines.length + 1001)
  })

  test('jobs and requests of another tenant went on all the while', (t) => {
    const { jobs, requests } = hostile.served
    t.diagnostic(`meanwhile ${jobs} jobs of another tenant were done and ${requests} requests to it served`)
    assert.ok(jobs > 1 && requests > 20)
  })
}

describe('what hostile jobs get on SQLite', () => suite())
await withMariaDb('what hostile jobs get on MariaDB', (server) => suite(server))
