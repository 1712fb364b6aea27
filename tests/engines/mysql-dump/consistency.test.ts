import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { DumpFrame } from '../../../kernel/engines/dump.js'
import { openDump } from '../../../kernel/engines/open-dump.js'
import { withMariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { DumpFixture } from './dump-fixture.js'

const ROWS = 3000
const TABLES = ['accounts', 'savings'] as const
const TOTAL = 2 * ROWS * 100
const DUMPS = 4
/** Of the writers, between the rows of one table and those of the other. */
const MOVES = 20

await withMariaDb('a dump of MariaDB while others write', (server) => {
  test('money that is moved between rows and tables is all in each dump', async (t) => {
    const fixture = await DumpFixture.make(t, server)
    for (const table of TABLES) {
      await fixture.run(
        'from',
        `CREATE TABLE ${table} (id INT PRIMARY KEY, amount INT NOT NULL);
        INSERT INTO ${table} SELECT seq, 100 FROM seq_1_to_${ROWS}`,
      )
    }
    const writers = { moves: 0, isEnding: false }
    const working = [1, 2].map((seed) => write(fixture, seed, writers))
    try {
      for (let i = 0; i < DUMPS; i++) {
        const dump = await openDump(fixture.connection('from'), { format: 'archive', withheld: {}, folder: tmpdir() })
        const frames: DumpFrame[] = []
        try {
          for await (const frame of dump.frames) {
            frames.push(frame)
            if (frame.head.kind !== 'rows') continue
            const before = writers.moves
            await until(() => writers.moves >= before + MOVES, 'money is moved')
          }
        } finally {
          await dump.close()
        }
        await fixture.run('to', `DROP TABLE IF EXISTS ${TABLES.join(', ')}`)
        assert.deepEqual((await fixture.load(frames)).rows, { accounts: ROWS, savings: ROWS })
        assert.equal(await total(fixture), TOTAL)
      }
    } finally {
      writers.isEnding = true
      await Promise.all(working)
    }
  })
})

async function write(fixture: DumpFixture, seed: number, writers: { moves: number; isEnding: boolean }): Promise<void> {
  const own = await fixture.own('from')
  for (let i = seed; !writers.isEnding; i += 2) {
    const [from, to] = i % 4 < 2 ? TABLES : [...TABLES].reverse()
    const [one, other] = [1 + ((i * 7919) % ROWS), 1 + ((i * 104_729) % ROWS)]
    await own.query('START TRANSACTION')
    try {
      await own.query(`UPDATE ${from} SET amount = amount - 7 WHERE id = ${one}`)
      await own.query(`UPDATE ${to} SET amount = amount + 7 WHERE id = ${other}`)
      await own.query('COMMIT')
      writers.moves++
    } catch (error) {
      // Two writers may wait for one another.
      if ((error as { errno?: number }).errno !== 1213) throw error
      await own.query('ROLLBACK')
    }
  }
  await own.end()
}

async function total(fixture: DumpFixture): Promise<number> {
  const sums = TABLES.map((table) => `(SELECT SUM(amount) FROM ${fixture.name('to')}.${table})`)
  const [[row]] = (await fixture.root.query(`SELECT ${sums.join(' + ')} AS total`)) as unknown as [{ total: unknown }[]]
  return Number(row?.total)
}
