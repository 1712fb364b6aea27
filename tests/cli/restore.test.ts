import assert from 'node:assert/strict'
import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import type { BackupReport, HistoryEntry, RestoreReport } from '../../kernel/backups/contract.js'
import { BackupRoot } from '../backups/actions/backup-root.js'
import { callCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { rootQuery } from '../support/root-query.js'
import { atTerminal, linesOf, type TerminalOptions } from './at-terminal.js'

const FIGURES = '\\d+ rows of \\d+ tables, [\\d.]+ kB, in \\d+\\.\\d s'

/** A tenant that was backed up, and has one ware more since. */
async function backedUp(t: Parameters<typeof BackupRoot.make>[0], server?: SharedMariaDb) {
  const root = await BackupRoot.make(t, { server })
  const kernel = await root.kernel()
  const call = (line: string) => callCommand(line.split(' '), { cwd: root.root })
  const json = async <T>(line: string): Promise<T> => {
    const { status, stdout, stderr } = await call(`${line} --json`)
    assert.deepEqual([status, stderr], [0, ''], line)
    return JSON.parse(stdout)
  }
  const backup = await kernel.create(1)
  await kernel.put(1, 'cap')
  const asked = (line: string, options: Partial<TerminalOptions> = {}) =>
    atTerminal(line.split(' '), { cwd: root.root, ...options })
  return { root, kernel, call, json, backup, asked }
}

function suite(server?: SharedMariaDb): void {
  test('m3saas restore tries, restores, and says what it did', async (t) => {
    const { root, kernel, call, json, backup } = await backedUp(t, server)
    const tried = await call('restore 1 --dry-run')
    assert.deepEqual([tried.status, tried.stderr], [0, ''])
    assert.match(tried.stdout, new RegExp(`^${backup.name} loads as it should: ${FIGURES}; nothing is changed\\n$`))
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
    const report = await json<RestoreReport>(`restore 1 --at ${backup.name} --yes`)
    assert.deepEqual(
      [report.target, report.name, report.taken, report.dryRun, report.rows, report.warnings],
      [1, backup.name, backup.taken, false, backup.rows, []],
    )
    assert.deepEqual(await kernel.wares(1), ['hat'])
    const said = await call(`restore 1 --at ${backup.taken.slice(0, 10)} --yes`)
    const text = `tenant 1 is restored from ${backup.name}, as of ${backup.taken}: ${FIGURES}\\n`
    assert.match(said.stdout, new RegExp(`^${text}$`))
    const copied = await call(`restore 1 --as copy_${root.run}`)
    const added = `the new tenant 3, copy_${root.run}, is restored from ${backup.name}, as of ${backup.taken}: ${FIGURES}`
    assert.match(copied.stdout, new RegExp(`^${added}\\n  subscribed to shop@v1\\n$`))
    assert.deepEqual(await kernel.wares(3), ['hat'])
    assert.equal((await call('backup history 3 --most 1')).stdout.split('\n').length, 3)
  })

  test('when all is lost but the backups, the catalog is restored first, and then its tenants', async (t) => {
    const { root, kernel, json, call } = await backedUp(t, server)
    await json(`tenant add late_${root.run}`)
    await json('migrate 3')
    for (const target of ['catalog', 1, 3]) await json<BackupReport>(`backup ${target}`)
    await kernel.kernel.close()
    if (server) {
      const query = rootQuery(server)
      const catalog = kernel.kernel.engine.catalog.name
      for (const name of [catalog, root.name(1), `late_${root.run}`]) {
        await query(`DROP DATABASE \`${name}\``)
        if (name !== catalog) await query(`DROP USER \`${name}\``)
      }
    } else await rm(path.join(root.root, 'data'), { recursive: true })
    await json('restore catalog --yes')
    for (const id of [1, 3]) await json(`restore ${id} --yes`)
    const again = await root.bare()
    assert.deepEqual(await again.wares(1), ['hat', 'cap'])
    const history = await json<HistoryEntry[]>('backup history --most 3')
    assert.deepEqual(
      history.map(({ action, target }) => `${action} ${target}`),
      ['restore 3', 'restore 1', 'restore catalog'],
    )
    assert.match((await call('migrate 1')).stdout, /nothing to do|up to date/)
  })

  // What follows knows no engine.
  if (server) return

  test('at a terminal it says what is replaced by what, and goes on for a yes alone', async (t) => {
    const { kernel, backup, asked } = await backedUp(t)
    const question = `All that tenant 1 holds is replaced by ${backup.name}, as of ${backup.taken} (1.5 kB).`
    const answering = (keys: string) => {
      let isAsked = false
      return asked('restore 1', {
        columns: 200,
        onDrawn: (drawn, person) => {
          if (isAsked || !drawn.includes('[y/N] ')) return
          isAsked = true
          person.type(keys)
        },
      }).ended
    }
    for (const keys of ['n\r', '\r', 'yesterday\r', '\u0003', '\u0004']) {
      const { status, out, drawn } = await answering(keys)
      assert.deepEqual([status, out], [1, 'nothing is changed\n'], JSON.stringify(keys))
      const shown = linesOf(drawn).find((line) => line.startsWith('All that'))
      assert.equal(shown?.replace(/\([\d.]+ kB\)/, '(1.5 kB)'), question)
      assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
    }
    for (const keys of ['y\r', 'Yes\r']) {
      await kernel.put(1, 'scarf')
      const { status, out } = await answering(keys)
      assert.equal(status, 0)
      assert.match(out, /^tenant 1 is restored from /)
      assert.deepEqual(await kernel.wares(1), ['hat'])
    }
  })

  test('a signal at the question is an answer too', async (t) => {
    const { kernel, asked } = await backedUp(t)
    let isAsked = false
    const { status, out } = await asked('restore 1', {
      onDrawn: (drawn, person) => {
        if (isAsked || !drawn.includes('[y/N] ')) return
        isAsked = true
        person.interrupt()
      },
    }).ended
    assert.deepEqual([status, out], [1, 'nothing is changed\n'])
    assert.deepEqual(await kernel.wares(1), ['hat', 'cap'])
  })

  test('where nobody can be asked it is refused, but for --yes, --dry-run and a new tenant', async (t) => {
    const { root, kernel, call, asked, backup } = await backedUp(t)
    const hint = 'Nobody can be asked here: say --yes if it is meant, or --dry-run to try it out.\n'
    for (const [line, whose] of [
      ['restore 1', 'tenant 1'],
      ['restore 1 --as 2', 'tenant 2'],
    ]) {
      const refused = await call(line ?? '')
      assert.deepEqual([refused.status, refused.stdout], [1, ''])
      assert.ok(refused.stderr.startsWith(`m3saas: All that ${whose} holds is replaced by ${backup.name}, as of `))
      assert.ok(refused.stderr.endsWith(hint))
    }
    const { status, drawn } = await asked('restore 1', { stdin: 'nobody' }).ended
    assert.deepEqual([status, drawn.endsWith(hint)], [1, true])
    assert.deepEqual([await kernel.wares(1), await kernel.wares(2)], [['hat', 'cap'], ['hat']])
    assert.equal((await call(`restore 1 --as n_${root.run} --subscriptions none`)).status, 0)
    assert.equal((await call('restore 1 --as 2 --yes')).status, 0)
  })

  test('a file that comes from another deployment is restored by the name of its database', async (t) => {
    const { root, backup } = await backedUp(t)
    const other = await BackupRoot.make(t)
    await cp(path.join(root.root, 'backups'), path.join(other.root, 'backups'), { recursive: true })
    const call = (line: string) => callCommand(line.split(' '), { cwd: other.root })
    const name = root.name(1)
    const nobodys = await call(`restore ${name} --yes`)
    assert.deepEqual([nobodys.status, nobodys.stdout], [1, ''])
    assert.match(nobodys.stderr, new RegExp(`No tenant here has the database ${name}: say whose it is to be, by --as`))
    const moved = await call(`restore ${name} --as ${name}`)
    const added = `the new tenant 3, ${name}, is restored from ${backup.name}, as of ${backup.taken}: ${FIGURES}`
    assert.match(moved.stdout, new RegExp(`^${added}\\n  subscribed to nothing\\n$`))
    assert.equal((await call('tenant subscribe 3 shop@v1')).status, 0)
    assert.match((await call('migrate 3')).stdout, /: up to date in /)
    assert.deepEqual(await (await other.bare()).wares(3), ['hat'])
  })

  test('what is not there is told before anything is asked', async (t) => {
    const { root, call, asked } = await backedUp(t)
    for (const [line, message] of [
      ['restore 1 --at 2020-01-01', `The database ${root.name(1)} has no backup of 2020-01-01: there are `],
      ['restore 2', `The database ${root.name(2)} has no backup: there is none`],
      ['restore 9', 'There is no tenant 9'],
      ['restore nobodys', 'The database nobodys has no backup: there is none'],
    ]) {
      const { status, drawn } = await asked(line ?? '').ended
      assert.deepEqual([status, drawn.startsWith(`m3saas: ${message}`)], [1, true], drawn)
    }
    const refused = await call('restore 1 --as catalog --json')
    assert.deepEqual([refused.status, refused.stdout], [1, ''])
  })
}

describe('m3saas restore, on SQLite', () => suite())
await withMariaDb('m3saas restore, on MariaDB', suite)
