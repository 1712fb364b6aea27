import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { databaseOn, sampleRoot } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { callCommand, type RunningCommand, startCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'

/** What "within seconds" may take at most. */
const SECONDS = 10

function suite(server?: SharedMariaDb): void {
  test('what one process changes, every other serves within seconds and without a restart', async (t) => {
    const root = await sampleRoot()
    t.after(() => rm(root, { recursive: true, force: true }))
    const config = server ? { tenants: { database: databaseOn(server) } } : {}
    await writeFile(
      path.join(root, 'config.json'),
      JSON.stringify({ dbSalt: 'salt', mqtt: { embedded: false }, ...config }),
    )
    const [first, second] = [await startCommand({ cwd: root }), await startCommand({ cwd: root })]
    const servers = [first, second]
    t.after(() => Promise.all(servers.map((each) => each.stop())))
    const everywhere = (path: string, status: number) =>
      Promise.all(
        servers.map(({ url }) =>
          until(async () => (await clientOf(url)('GET', path)).status === status, `${status} at ${path}`, SECONDS),
        ),
      )
    const change = async (line: string) => {
      const { status, stderr } = await callCommand(line.split(' '), { cwd: root })
      assert.deepEqual([status, stderr], [0, ''])
    }

    await everywhere('/9/test/v1/animals', 404)
    await change(`tenant add shared_${randomBytes(4).toString('hex')} --id 9`)
    await change('tenant subscribe 9 test@v1')
    await everywhere('/9/test/v1/animals', 200)
    const animals = async ({ url }: RunningCommand) =>
      (await clientOf(url)('GET', '/9/test/v1/animals')).body as object[]
    const added = await clientOf(first.url)('POST', '/9/test/v1/animals', { body: { name: 'Okapi' } })
    assert.deepEqual([added.status, (await animals(second)).length], [201, 1])

    await change('tenant subscribe 9 notes@v2')
    await everywhere('/9/notes/v2', 401)
    await change('tenant unsubscribe 9 test@v1')
    await everywhere('/9/test/v1/animals', 404)
    await everywhere('/9/notes/v2', 401)
    // What was unsubscribed keeps its rows.
    await change('tenant subscribe 9 test@v1')
    await everywhere('/9/test/v1/animals', 200)
    assert.equal((await animals(first)).length, 1)
  })
}

describe('processes that share a catalog on SQLite', () => suite())
await withMariaDb('processes that share a catalog on MariaDB', suite)
