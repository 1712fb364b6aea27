import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { BackupEvent, BackupReport, BackupSummary, HistoryEntry } from '../../kernel/backups/contract.js'
import { BackupRoot } from '../backups/actions/backup-root.js'
import { callCommand } from '../support/command.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { atTerminal, linesOf } from './at-terminal.js'

const DATE = '\\d{4}-\\d\\d-\\d\\d'
const TAKEN = `${DATE}T\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z`
const STAMP = `${DATE}T\\d\\d-\\d\\d-\\d\\d\\.\\d{3}Z`
const FIGURES = '\\d+ rows of \\d+ tables, [\\d.]+ kB, in \\d+\\.\\d s'

function suite(server?: SharedMariaDb): void {
  const made = async (t: Parameters<typeof BackupRoot.make>[0], config: object = {}) => {
    const root = await BackupRoot.make(t, { server, config })
    const call = (line: string) => callCommand(line.split(' '), { cwd: root.root })
    const json = async <T>(line: string): Promise<T> => {
      const { status, stdout, stderr } = await call(`${line} --json`)
      assert.deepEqual([status, stderr], [0, ''], line)
      return JSON.parse(stdout)
    }
    /** What is said in so many words, but for moments and figures. */
    const says = async (line: string, expected: string, status = 0) => {
      const outcome = await call(line)
      assert.match(outcome.stdout, new RegExp(`^${expected}\\n$`), line)
      assert.deepEqual([outcome.status, outcome.stderr], [status, ''], line)
    }
    await json('migrate 1')
    return { root, call, json, says }
  }

  test('m3saas backup says what it wrote, and what went for it; list, history and delete know of it', async (t) => {
    const { root, call, json, says } = await made(t)
    const name = root.name(1)
    await says('backup list', 'no backups')
    await says('backup history', 'nothing was backed up yet')
    const first = `tenant 1 is backed up to ${name}-${STAMP}\\.backup\\.gz: ${FIGURES}`
    await says('backup 1', first)
    const [old] = await json<BackupSummary[]>('backup list 1')
    await says('backup 1', `${first}\n  removed ${old?.name}, as the rule of its backups says`)
    const report = await json<BackupReport>('backup catalog')
    assert.deepEqual([report.target, report.encrypted, report.removed, report.warnings], ['catalog', false, [], []])
    assert.deepEqual(await root.files(), (await json<BackupSummary[]>('backup list')).map((file) => file.name).sort())
    const [listed, ...others] = await json<BackupSummary[]>('backup list catalog')
    assert.deepEqual([listed?.name, listed?.rows, listed?.bytes, others], [report.name, report.rows, report.bytes, []])
    await says(
      'backup list 1',
      `of {2}database +taken +size +rows {2}kind {2}name\n1 {3}${name} {2}${TAKEN} {2}[\\d.]+ kB {2}\\d+ +${name}-${STAMP}\\.backup\\.gz`,
    )
    const history = await json<HistoryEntry[]>('backup history 1 --most 5')
    assert.deepEqual(
      history.map(({ action, target, reason, database }) => [action, target, reason, database]),
      Array(2).fill(['backup', 1, 'manual', name]),
    )
    await says(
      'backup history 1 --most 1',
      `started +what +of {2}database +why +took +size +rows\n${TAKEN} {2}backup {2}1 {3}${name} {2}manual {2}\\d\\.\\d s {2}[\\d.]+ kB {2}\\d+ +${name}-${STAMP}\\.backup\\.gz`,
    )
    await says(`backup delete ${report.name}`, `deleted ${report.name}`)
    assert.deepEqual(await json('backup list catalog'), [])
    const again = await call(`backup delete ${report.name}`)
    assert.deepEqual(again, { status: 1, stdout: '', stderr: `m3saas: There is no backup named ${report.name}\n` })
  })

  test('m3saas backup --all takes what there is, and goes on where one fails', async (t) => {
    const { root, call } = await made(t)
    const all = await call('backup --all --json')
    const events: BackupEvent[] = all.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual([all.status, all.stderr, events.at(-1)?.event], [0, '', 'summary'])
    const told = events.slice(0, -1).map((event) => `${event.event} ${'target' in event ? event.target : ''}`)
    assert.deepEqual(told.sort(), ['backup 1', 'backup catalog', 'skipped 2'])
    // In any order: two are in work at a time.
    const outcome = await call('backup --all')
    const lines = outcome.stdout.split('\n').filter((line) => !line.startsWith('  removed '))
    assert.deepEqual([outcome.status, lines[0], lines.length], [0, 'backing up 3 databases', 6])
    assert.ok(lines.includes('tenant 2 is left: it has no database yet'))
    const summary = /^3 databases in \d+\.\d s: 2 backed up, 1 left, 0 failed; \d+ rows, [\d.]+ kB$/
    assert.match(lines[4] ?? '', summary)
    const watched = await atTerminal(['backup', '--all'], { cwd: root.root }).ended
    assert.match(watched.out, new RegExp(`${summary.source.slice(0, -1)}\\n$`), 'the summary alone')
    assert.match(watched.drawn, /█+ 3\/3 backups \| 0 failed \| \d+\/s \| \d+s left/)
    for (const line of linesOf(watched.drawn)) assert.ok(line.length < 80, line)

    const file = path.join(root.root, 'config.json')
    const config = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(path.join(root.root, 'taken'), '')
    await writeFile(file, JSON.stringify({ ...config, backups: { directory: 'taken/backups' } }))
    const failed = await call('backup --all')
    const reason =
      'BACKUP_FAILED: The backup cannot be written to the folder of backups: a part of its path is no folder'
    assert.deepEqual([failed.status, failed.stderr], [1, ''])
    for (const whose of ['the catalog', 'tenant 1']) assert.ok(failed.stdout.includes(`${whose} failed: ${reason}\n`))
    assert.match(failed.stdout, /: 0 backed up, 1 left, 2 failed; 0 rows, 0 B\n$/)
    const seen = await atTerminal(['backup', '--all'], { cwd: root.root }).ended
    assert.deepEqual([seen.status, seen.out.split('\n').length], [1, 4], seen.out)
    assert.ok(seen.out.includes(`the catalog failed: ${reason}\n`))
    assert.match(seen.drawn, /3\/3 backups \| 2 failed/)
    const stderr = 'm3saas: The folder of backups cannot be read (ENOTDIR)\n'
    assert.deepEqual(await call('backup list'), { status: 1, stdout: '', stderr })
  })

  // What follows knows no engine.
  if (server) return

  test('an export, and what is inside, are text; so is what is inside an encrypted backup', async (t) => {
    const { root, call, json } = await made(t, { backups: { keyFile: 'secrets/key' } })
    const key = randomBytes(32).toString('base64')
    const wanted = await call('backup 1')
    assert.deepEqual([wanted.status, wanted.stdout], [1, ''])
    assert.match(wanted.stderr, /^m3saas: The key of backups cannot be used: \$\.backups\.keyFile names secrets\/key/)
    await makeKey(root, key)
    const { name, encrypted } = await json<BackupReport>('backup 1')
    assert.deepEqual([encrypted, name.endsWith('.backup.gz.enc')], [true, true])
    const read = await call(`backup read ${name}`)
    assert.deepEqual([read.status, read.stderr], [0, ''])
    assert.equal(JSON.parse(read.stdout.split('\n', 1)[0] ?? '').kind, 'm3saas-backup')
    const exported = await json<BackupReport>('backup 1 --format sql')
    assert.match(exported.name, /\.sql\.gz\.enc$/)
    assert.match((await call(`backup read ${exported.name}`)).stdout, /INSERT INTO [`"]wares[`"]/)
    await makeKey(root, randomBytes(32).toString('hex'))
    const other = await call(`backup read ${name} --json`)
    assert.deepEqual([other.status, other.stdout, JSON.parse(other.stderr).code], [1, '', 'BACKUP_INVALID'])
    assert.match(other.stderr, /another key/)
  })

  test('an export that is not encrypted can be unpacked by anything', async (t) => {
    const { root, call, json } = await made(t)
    const { name } = await json<BackupReport>('backup 1 --format sql')
    const text = gunzipSync(await readFile(path.join(root.root, 'backups', name))).toString()
    assert.match(text, /INSERT INTO [`"]wares[`"]/)
    const refused = await call('restore 1 --yes --json')
    assert.deepEqual([refused.status, JSON.parse(refused.stderr).code], [1, 'BACKUP_UNKNOWN'])
  })

  test('how many backups of a tenant are kept is told and changed', async (t) => {
    const { call, json, says } = await made(t)
    await says('tenant retention 2', 'tenant 2 keeps all backups of a day, and 2 in all')
    const change = 'tenant retention 2 --per-day-backups 3 --max-backups -1'
    await says(change, 'tenant 2 keeps 3 of the backups of a day, and all in all')
    assert.deepEqual(await json('tenant retention 2'), { id: 2, perDayBackups: 3, maxBackups: -1 })
    const tenants = await json<{ id: number; perDayBackups: number; maxBackups: number }[]>('tenant list')
    assert.deepEqual(
      tenants.filter(({ id }) => id === 2).map((tenant) => [tenant.perDayBackups, tenant.maxBackups]),
      [[3, -1]],
    )
    const unknown = { status: 1, stdout: '', stderr: 'm3saas: There is no tenant 9\n' }
    assert.deepEqual(await call('tenant retention 9'), unknown)
    assert.equal((await call('tenant retention 2 --max-backups many')).status, 2)
  })
}

async function makeKey({ root }: BackupRoot, key: string): Promise<void> {
  await mkdir(path.join(root, 'secrets'), { recursive: true })
  await writeFile(path.join(root, 'secrets/key'), `${key}\n`, { mode: 0o600 })
}

describe('m3saas backup, on SQLite', () => suite())
await withMariaDb('m3saas backup, on MariaDB', suite)
