import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../../../kernel/server.js'
import { killBefore } from '../../engines/mysql-restore/killed.js'
import { RestoreFixture } from '../../engines/mysql-restore/restore-fixture.js'
import { withMariaDb } from '../../support/mariadb.js'
import { BackupRoot } from './backup-root.js'

await withMariaDb('a tenant whose restore was killed', (server) => {
  for (const [what, change] of [
    ['that migrates by itself', {}],
    ['that does not', { autoMigration: false }],
  ] as const) {
    test(`is served at the next request by each server ${what}, whether it was live there or not`, async (t) => {
      const root = await BackupRoot.make(t, { server })
      await (await root.kernel()).put(1, 'cap')
      const [warm, cold] = [
        await startServer((await root.bare(change)).kernel),
        await startServer((await root.bare(change)).kernel),
      ]
      t.after(async () => {
        for (const each of [warm, cold]) await each.close()
      })
      const ask = async (url: string) => {
        const answer = await fetch(`${url}/1/shop/v1/wares`)
        return { status: answer.status, body: (await answer.json()) as { one?: string[] } }
      }
      assert.equal((await ask(warm.url)).status, 200)
      const { catalog, source } = await RestoreFixture.make(t, server)
      const live = { name: root.name(1), user: root.name(1), secret: 'not needed by a restore' }
      for (const url of [warm.url, cold.url]) {
        await killBefore(new RestoreFixture(server, catalog, live, source), 'triggers')
        let answer = await ask(url)
        // What was said on connections that were ended is lost: the one that finds them is told to come again.
        if (answer.status === 503) answer = await ask(url)
        assert.deepEqual([answer.status, answer.body.one], [200, ['hat', 'cap']])
      }
    })
  }
})
