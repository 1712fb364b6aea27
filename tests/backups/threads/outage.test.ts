import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createBackupThreads } from '../../../kernel/backups/threads/run.js'
import { DumpFixture } from '../../engines/mysql-dump/dump-fixture.js'
import { withMariaDb } from '../../support/mariadb.js'
import { startRelay } from '../../support/relay.js'

await withMariaDb('threads of backups, mysql', (server) => {
  test('a connection that is lost in the middle leaves nothing and is told of; so does a session that is killed', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    await fixture.run(
      'from',
      `CREATE TABLE wares (id INT PRIMARY KEY, code VARCHAR(400));
       INSERT INTO wares SELECT seq, CONCAT(MD5(seq), MD5(seq + 1), MD5(seq * 7), REPEAT(MD5(seq * 13), 8)) FROM seq_1_to_60000`,
    )
    const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-outage-'))
    t.after(() => rm(folder, { recursive: true }))
    const relay = await startRelay({ after: (fn) => t.after(fn) }, server)
    const threads = createBackupThreads(1)
    t.after(() => threads.close())
    const connection = fixture.connection('from')
    const dump = (port: number, progress: () => void, format: 'archive' | 'sql') =>
      threads.dump(
        {
          connection: { ...connection, login: { ...connection.login, port } },
          origin: { target: 'tenant', tenant: 7, database: 'shop' },
          ...{ folder, format, withheld: {}, beforeMigration: false, compression: 9 },
        },
        { signal: new AbortController().signal, progress },
      )
    for (const format of ['archive', 'sql'] as const) {
      if (format === 'sql') await relay.open()
      let cut: Promise<void> | undefined
      const lost = dump(
        relay.port,
        () => {
          cut ??= relay.cut()
        },
        format,
      )
      await assert.rejects(lost, { code: 'DATABASE_UNAVAILABLE', message: /cannot be reached/ })
      await cut
      assert.deepEqual(await readdir(folder), [], format)
    }

    let killed: Promise<unknown> | undefined
    const kill = () => {
      killed ??= fixture.root.query(`KILL USER ${fixture.prefix}`)
    }
    await assert.rejects(dump(server.port, kill, 'archive'), { code: 'DATABASE_UNAVAILABLE' })
    await killed
    assert.deepEqual(await readdir(folder), [])

    const { rows, backup } = await dump(server.port, () => {}, 'archive')
    assert.deepEqual(rows, { wares: 60_000 })
    assert.deepEqual(await readdir(folder), [backup.name], 'the next one is whole')
  })
})
