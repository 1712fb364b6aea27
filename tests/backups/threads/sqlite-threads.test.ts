import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import type { Progress } from '../../../kernel/backups/contract.js'
import { createBackupThreads } from '../../../kernel/backups/threads/run.js'
import { M3Error } from '../../../kernel/errors.js'
import { until } from '../../support/until.js'
import { never, sqliteTasks } from './sqlite-tasks.js'

function threadsOf(t: TestContext) {
  const threads = createBackupThreads(1)
  t.after(() => threads.close())
  return threads
}

for (const key of [undefined, new Uint8Array(32).fill(7)]) {
  test(`what a thread dumps${key ? ' and encrypts' : ''} another loads`, async (t) => {
    const { task, connection } = await sqliteTasks(t, 3000)
    const threads = threadsOf(t)
    const told: Progress[] = []
    const progress = (each: Progress) => void told.push(each)
    const began = Date.now()
    const dumped = await threads.dump({ ...task, ...(key ? { key } : {}) }, { signal: never, progress })
    const { name, taken } = dumped.backup
    assert.deepEqual([dumped.rows, dumped.warnings, dumped.backup.encrypted], [{ wares: 3000 }, [], key !== undefined])
    assert.ok(taken.getTime() >= began && taken.getTime() <= Date.now())
    assert.ok(dumped.rawBytes > 3_000_000)
    const file = path.join(task.folder, name)
    const { size, mode } = await stat(file)
    assert.deepEqual([size, mode & 0o777, await readdir(task.folder)], [dumped.bytes, 0o600, [name]])
    assert.equal((await stat(task.folder)).mode & 0o777, 0o700)
    assert.ok(told.length > 0 && told.every(({ part }) => part >= 0 && part < 1), 'it tells how far it is')

    const loaded = await threads.load(
      { connection: connection('to.db'), file, keys: key ? [key] : [] },
      { signal: never },
    )
    assert.deepEqual(
      [loaded.loaded, loaded.origin, loaded.bytes],
      [{ rows: { wares: 3000 }, faults: [], warnings: [], definitions: [] }, task.origin, size],
    )
  })
}

test('errors keep what they are on their way between threads', async (t) => {
  const { root, task, connection } = await sqliteTasks(t, 100)
  const threads = threadsOf(t)
  const options = { signal: never }
  const missing = threads.dump({ ...task, connection: connection('none.db') }, options)
  await assert.rejects(missing, (error) => {
    assert.ok(error instanceof M3Error)
    assert.deepEqual([error.code, error.retryAfter], ['DATABASE_UNAVAILABLE', 5])
    assert.match(error.message, /does not exist/)
    return true
  })
  assert.deepEqual(await readdir(task.folder), [])

  await writeFile(path.join(root, 'file'), '')
  const inFile = threads.dump({ ...task, folder: path.join(root, 'file', 'backups') }, options)
  await assert.rejects(inFile, { code: 'BACKUP_FAILED', message: /a part of its path is no folder/ })

  const { backup } = await threads.dump(task, options)
  const file = path.join(task.folder, backup.name)
  const to = { connection: connection('to.db'), keys: [] }
  const gone = path.join(task.folder, 'shop-2020-11-27T21-02-03.456Z.backup.gz')
  await assert.rejects(threads.load({ ...to, file: gone }, options), { code: 'BACKUP_UNKNOWN' })
  await mkdir(gone)
  await assert.rejects(threads.load({ ...to, file: gone }, options), { code: 'BACKUP_UNKNOWN' })
  const login = { host: '127.0.0.1', port: 1, user: 'u', password: 'secret' }
  const { limits } = to.connection
  const other = { kind: 'mysql', database: 'shop', login, collation: 'utf8mb4_bin', timeout: 1000, limits } as const
  await assert.rejects(threads.load({ ...to, connection: other, file }, options), {
    code: 'BACKUP_INVALID',
    message: /is of sqlite, and this deployment has mysql/,
  })
  await assert.rejects(threads.dump({ ...task, connection: other }, options), { code: 'DATABASE_UNAVAILABLE' })
  await truncate(file, (await readFile(file)).length - 1)
  await assert.rejects(threads.load({ ...to, file }, options), { code: 'BACKUP_INVALID', message: /cut off/ })
})

test('work that is called off ends with the reason and leaves nothing; so does what runs when all is closed', async (t) => {
  const { task, connection } = await sqliteTasks(t, 15_000)
  const threads = threadsOf(t)
  for (const format of ['archive', 'sql'] as const) {
    const ended = new AbortController()
    const reason = new Error('called off')
    const dump = threads.dump({ ...task, format }, { signal: ended.signal, progress: () => ended.abort(reason) })
    await assert.rejects(dump, reason)
    assert.deepEqual(await readdir(task.folder), [], format)
  }
  const { backup } = await threads.dump(task, { signal: never })
  const ended = new AbortController()
  const load = threads.load(
    { connection: connection('to.db'), file: path.join(task.folder, backup.name), keys: [] },
    { signal: ended.signal, progress: () => ended.abort() },
  )
  await assert.rejects(load, { name: 'AbortError' })

  let closed: Promise<void> | undefined
  const last = threads.dump(task, {
    signal: never,
    progress: () => {
      closed ??= threads.close()
    },
  })
  await assert.rejects(last, { name: 'AbortError' })
  await closed
  assert.deepEqual(await readdir(task.folder), [backup.name])
  await assert.rejects(threads.dump(task, { signal: never }), /closed/)
})

test('a thread is there only while it works, and its memory is bounded', async (t) => {
  const workers: Worker[] = []
  const note = (message: unknown) => void workers.push((message as { worker: Worker }).worker)
  subscribe('worker_threads', note)
  t.after(() => {
    unsubscribe('worker_threads', note)
  })
  const { task } = await sqliteTasks(t, 10)
  const threads = threadsOf(t)
  assert.equal(workers.length, 0)
  await threads.dump(task, { signal: never })
  assert.equal(workers.length, 1)
  const [worker] = workers as [Worker]
  assert.equal(worker.resourceLimits?.maxOldGenerationSizeMb, 256)
  let isThere = true
  worker.once('exit', () => {
    isThere = false
  })
  await until(() => !isThere, 'the thread has ended')
  await threads.dump(task, { signal: never })
  assert.equal(workers.length, 2, 'another is started when there is work again')
})
