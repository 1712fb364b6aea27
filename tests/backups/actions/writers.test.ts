import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Database } from '../../../kernel/engines/contract.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { type BackupKernel, BackupRoot } from './backup-root.js'

const ACCOUNTS = 200
const EACH = 1000
const BACKUPS = 4

describe('backups while writers write, on SQLite', () => suite(undefined))
await withMariaDb('backups while writers write, on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  test('money moves between rows and tables all the time, and every backup has all of it', async (t) => {
    const root = await BackupRoot.make(t, { server })
    const kernel = await root.kernel()
    await kernel.kernel.engine.catalog.run('UPDATE tenants SET per_day_backups = 0')
    const text = 'x'.repeat(500)
    await kernel.use(1, async (database) => {
      for (const table of ['first', 'second']) {
        await database.session((session) =>
          session.execute(`CREATE TABLE ${table} (id INT PRIMARY KEY, amount INT NOT NULL, filler TEXT)`),
        )
        const rows = Array.from({ length: ACCOUNTS }, (_, i) => `(${i}, ${EACH}, '${text}')`)
        await database.run(`INSERT INTO ${table} VALUES ${rows.join(', ')}`)
      }
    })
    let moves = 0
    let isOver = false
    const writer = async (seed: number) =>
      kernel.use(1, async (database) => {
        for (let i = seed; !isOver; i++) {
          const [from, to] = i % 2 === 0 ? ['first', 'second'] : ['second', 'first']
          const amount = 1 + (i % 7)
          await database
            .transaction(async () => {
              await move(database, from as string, (i * 31) % ACCOUNTS, -amount)
              await move(database, to as string, (i * 17) % ACCOUNTS, amount)
              await move(database, from as string, (i * 7) % ACCOUNTS, amount)
              await move(database, from as string, (i * 3) % ACCOUNTS, -amount)
            })
            // Two that wait for each other’s rows: one of them is taken back as a whole.
            .catch((error: { errno?: number }) => assert.equal(error.errno, 1213))
          moves++
          // SQLite answers within one turn of the event loop, which others want to have too.
          await setImmediate()
        }
      })
    const writers = [writer(1), writer(1000)]
    const names: string[] = []
    for (let i = 0; i < BACKUPS; i++) {
      const before = moves
      names.push((await kernel.create(1)).name)
      await until(() => moves > before, 'money has moved meanwhile')
    }
    isOver = true
    await Promise.all(writers)
    for (const at of names) {
      await kernel.restore({ at, as: 2 })
      assert.equal(await total(kernel, 2), 2 * ACCOUNTS * EACH, at)
    }
    assert.equal(await total(kernel, 1), 2 * ACCOUNTS * EACH)
  })
}

async function move(database: Database, table: string, id: number, amount: number): Promise<void> {
  await database.run(`UPDATE ${table} SET amount = amount + ? WHERE id = ?`, [amount, id])
}

async function total(kernel: BackupKernel, id: number): Promise<number> {
  return kernel.use(id, async (database) => {
    const [row] = await database.select<{ sum: unknown }>(
      'SELECT (SELECT SUM(amount) FROM first) + (SELECT SUM(amount) FROM second) AS sum',
    )
    return Number(row?.sum)
  })
}
