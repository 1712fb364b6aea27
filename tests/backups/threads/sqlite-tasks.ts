import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { DatabaseSync } from '@photostructure/sqlite'
import type { DumpTask } from '../../../kernel/backups/threads/tasks.js'
import type { SqliteDatabaseConnection } from '../../../kernel/engines/contract.js'

export const never: AbortSignal = new AbortController().signal

/** A folder of its own with an empty file `to.db`, and `from.db` of so many rows of 1,000 bytes that compress badly. */
export async function sqliteTasks(t: TestContext, rows: number) {
  const root = await mkdtemp(path.join(tmpdir(), 'm3saas-threads-'))
  t.after(() => rm(root, { recursive: true }))
  for (const name of ['from.db', 'to.db']) {
    const database = new DatabaseSync(path.join(root, name))
    database.exec('PRAGMA page_size = 4096; VACUUM')
    if (name === 'from.db') {
      database.exec('CREATE TABLE wares (id INTEGER PRIMARY KEY, code BLOB NOT NULL)')
      database
        .prepare(
          'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO wares SELECT i, randomblob(1000) FROM n',
        )
        .run(rows)
    }
    database.close()
  }
  const connection = (name: string): SqliteDatabaseConnection => ({
    ...{ kind: 'sqlite', database: 'shop', file: path.join(root, name) },
    limits: { connections: 1, waitSeconds: 5, idleSeconds: 5 },
  })
  const task: DumpTask = {
    connection: connection('from.db'),
    origin: { target: 'tenant', tenant: 7, database: 'shop' },
    folder: path.join(root, 'backups'),
    ...{ format: 'archive', withheld: {}, beforeMigration: false, compression: 1 },
  }
  return { root, task, connection }
}
