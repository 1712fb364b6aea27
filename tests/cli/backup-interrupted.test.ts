import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { BackupKernel } from '../backups/actions/backup-root.js'
import { BackupRoot } from '../backups/actions/backup-root.js'
import { callCommand, launch } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { rootQuery } from '../support/root-query.js'
import { until } from '../support/until.js'
import { atTerminal, HIDDEN, linesOf, SHOWN } from './at-terminal.js'

const ASKED = 'm3saas: ending what is under way; a second signal ends it at once'
/** Some twenty megabytes that compress badly: a dump or a load of them goes on for a while. */
const ROWS = 20_000

async function withMuch(t: TestContext, server: SharedMariaDb | undefined) {
  const root = await BackupRoot.make(t, { server })
  const kernel = await root.kernel()
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${ROWS})`
  const fill = server
    ? `INSERT INTO noise SELECT seq, HEX(RANDOM_BYTES(500)) FROM seq_1_to_${ROWS}`
    : `${numbers} INSERT INTO noise SELECT n, hex(randomblob(500)) FROM numbers`
  await kernel.use(1, async (database) => {
    await database.run('CREATE TABLE noise (id INTEGER PRIMARY KEY, text TEXT)')
    await database.run(fill)
  })
  return { root, kernel }
}

/** What stands beside databases while one is restored. */
async function leftovers({ root, run }: BackupRoot, server: SharedMariaDb | undefined): Promise<string[]> {
  if (!server) return (await readdir(path.join(root, 'data/tenants'))).filter((name) => name.startsWith('.'))
  const found = await rootQuery(server)<{ name: string }>(
    `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE 'm3saas-%${run}%'`,
  )
  return found.map(({ name }) => name)
}

async function history(kernel: BackupKernel): Promise<string[]> {
  const entries = await kernel.backups.history(1, 9)
  return entries.map(({ action, name, error }) => `${action} ${error ?? name}`)
}

function suite(server?: SharedMariaDb): void {
  test('asked to end by SIGINT a backup leaves nothing of it, and the next one is whole', async (t) => {
    const { root, kernel } = await withMuch(t, server)
    const { child, ended } = launch(['backup', '1'], { cwd: root.root })
    await until(async () => (await root.files()).length > 0 || child.exitCode !== null, 'it is being written', 60)
    child.kill('SIGINT')
    const { status, stdout, stderr } = await ended
    const calledOff = 'm3saas: the backup was called off: nothing of it is left\n'
    assert.deepEqual([status, stdout, stderr], [1, '', `${ASKED}\n${calledOff}`])
    assert.deepEqual([await root.files(), await history(kernel)], [[], ['backup it was called off']])
    const whole = await callCommand(['backup', '1', '--json'], { cwd: root.root })
    assert.deepEqual([whole.status, await root.files()], [0, [JSON.parse(whole.stdout).name]])
  })

  test('at a terminal a bar goes to its end; called off, a restore changes nothing', async (t) => {
    const { root, kernel } = await withMuch(t, server)
    const { status, out, drawn } = await atTerminal(['backup', '1'], { cwd: root.root, columns: 60 }).ended
    assert.equal(status, 0, drawn)
    assert.match(out, /^tenant 1 is backed up to \S+: 200\d\d rows of \d+ tables, [\d.]+ MB, in \d+\.\d s\n$/)
    const lines = linesOf(drawn)
    assert.ok(
      lines.some((line) => /^█*░* *[\d]+% \| [\d.]+ [kM]?B \| /.test(line)),
      drawn,
    )
    for (const line of lines) assert.ok(line.length <= 60, line)
    assert.ok(drawn.lastIndexOf(SHOWN) > drawn.lastIndexOf(HIDDEN), 'the cursor is shown again')

    await kernel.put(1, 'cap')
    let isAsked = false
    const restoring = atTerminal(['restore', '1', '--yes'], {
      cwd: root.root,
      onDrawn: (drawn, person) => {
        if (isAsked || !drawn.includes('%')) return
        isAsked = true
        person.interrupt()
      },
    })
    const ended = await restoring.ended
    assert.deepEqual([ended.status, ended.out], [1, ''], ended.drawn)
    const said = linesOf(ended.drawn).slice(-3)
    assert.deepEqual(said, [ASKED, 'm3saas: the restore was called off: nothing is changed', ''])
    assert.deepEqual([await kernel.wares(1), await leftovers(root, server)], [['hat', 'cap'], []])
    assert.equal((await history(kernel))[0], 'restore it was called off')
    assert.deepEqual(restoring.exits, [])
  })

  // What follows knows no engine.
  if (server) return

  test('a second signal ends it at once, and leaves the terminal as it was', async (t) => {
    const { root } = await withMuch(t, server)
    let shown = ''
    const { ended, exits } = atTerminal(['backup', '1'], {
      cwd: root.root,
      onDrawn: (drawn, person) => {
        if (shown !== '' || !drawn.includes('%')) return
        shown = drawn
        person.interrupt()
        person.interrupt()
      },
    })
    const { drawn } = await ended
    assert.deepEqual(exits, [1])
    assert.ok(drawn.lastIndexOf(SHOWN) > drawn.lastIndexOf(HIDDEN), 'the cursor is shown again')
  })

  test('a backup of all that is called off says how much of it was', async (t) => {
    const { root } = await withMuch(t, server)
    const { child, ended } = launch(['backup', '--all'], { cwd: root.root })
    await until(async () => (await root.files()).length > 0 || child.exitCode !== null, 'it is being written', 60)
    child.kill('SIGTERM')
    const { status, stdout, stderr } = await ended
    assert.deepEqual([status, stderr], [1, `${ASKED}\n`])
    assert.match(stdout, /^backing up 3 databases\n[\s\S]*, 0 failed, [123] called off; /)
    const done = stdout.split('\n').filter((line) => line.includes(' is backed up to ')).length
    assert.equal((await root.files()).length, done)
  })
}

describe('a backup or restore that does not come to its end, on SQLite', () => suite())
await withMariaDb('a backup or restore that does not come to its end, on MariaDB', suite)
