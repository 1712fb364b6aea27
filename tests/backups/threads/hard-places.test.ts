import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, utimes } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createBackupThreads } from '../../../kernel/backups/threads/run.js'
import type { DumpTask } from '../../../kernel/backups/threads/tasks.js'
import { never, sqliteTasks } from './sqlite-tasks.js'

const CHILD = fileURLToPath(new URL('./dump-child.js', import.meta.url))
/** Mounts that none but the child sees, and that end with it. */
const APART = ['--map-root-user', '--mount']
const mayMount = spawnSync('unshare', [...APART, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
const skip = mayMount ? false : 'no file system may be mounted here'

async function failureOn(mount: string, task: DumpTask) {
  await mkdir(task.folder)
  const command = `mount -t tmpfs -o ${mount} tmpfs "$1" && exec "$2" "$3"`
  const child = spawn('unshare', [...APART, 'sh', '-c', command, 'sh', task.folder, process.execPath, CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(task))
  const lines = (await text(child.stdout)).trim().split('\n')
  return JSON.parse(lines.at(-1) ?? '')
}

/** What SQLite copies takes 1.2 MB, and so does the archive of it. */
for (const [what, size] of [
  ['before the copy is whole', '600k'],
  ['while the archive is written', '1800k'],
] as const) {
  test(`a disk that is full ${what} leaves nothing, and is told of`, { skip }, async (t) => {
    const { task } = await sqliteTasks(t, 1000)
    assert.deepEqual(await failureOn(`size=${size}`, task), {
      code: 'BACKUP_FAILED',
      message: 'The backup cannot be written to the folder of backups: the disk is full',
      files: [],
    })
  })
}

test('a disk that can only be read is told of', { skip }, async (t) => {
  const { task } = await sqliteTasks(t, 10)
  assert.deepEqual(await failureOn('ro', task), {
    code: 'BACKUP_FAILED',
    message: 'The backup cannot be written to the folder of backups: the disk can only be read',
    files: [],
  })
})

test('a process that is killed at it leaves no backup, and what it leaves goes with a later one', async (t) => {
  const { task } = await sqliteTasks(t, 15_000)
  const child = spawn(process.execPath, [CHILD], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify({ ...task, withheld: { other: ['column'] } }))
  const [line] = await once(createInterface(child.stdout), 'line')
  child.kill('SIGKILL')
  const [, signal] = await once(child, 'exit')
  assert.deepEqual([line, signal], ['begun', 'SIGKILL'])
  const left = await readdir(task.folder)
  assert.equal(left.length, 2, 'the copy, and the archive that is begun')
  const yesterday = new Date(Date.now() - 25 * 3_600_000)
  for (const name of left) {
    assert.match(name, /^\.m3saas-[0-9a-f]{16}\.part$/)
    await utimes(path.join(task.folder, name), yesterday, yesterday)
  }
  const threads = createBackupThreads(1)
  t.after(() => threads.close())
  const { backup } = await threads.dump(task, { signal: never })
  assert.deepEqual(await readdir(task.folder), [backup.name])
})
