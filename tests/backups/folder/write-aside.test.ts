import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sweepParts, writeAside } from '../../../kernel/backups/folder/write-aside.js'
import { until } from '../../support/until.js'

const never: AbortSignal = new AbortController().signal
const CHILD = fileURLToPath(new URL('./write-child.js', import.meta.url))

let root = ''
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'm3saas-aside-'))
})
after(() => rm(root, { recursive: true }))

const made = (name: string) => path.join(root, name)

async function* pieces(...given: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const each of given) {
    if (each instanceof Error) throw each
    yield Buffer.from(each)
  }
}

test('a file is written whole, closed to others, and takes the next name that is free', async () => {
  const folder = made('whole')
  const nameOf = (attempt: number) => `name ${attempt}`
  const first = await writeAside(folder, [pieces('a', 'bc')], nameOf, never)
  const second = await writeAside(folder, [pieces('d')], nameOf, never)
  assert.deepEqual(
    [first, second],
    [
      { name: 'name 0', bytes: 3 },
      { name: 'name 1', bytes: 1 },
    ],
  )
  const modes = await Promise.all(
    [folder, path.join(folder, 'name 0')].map(async (file) => (await stat(file)).mode & 0o777),
  )
  assert.deepEqual(
    [modes, (await readdir(folder)).sort()],
    [
      [0o700, 0o600],
      ['name 0', 'name 1'],
    ],
  )
})

test('a source that fails, or a signal, leaves nothing', async () => {
  const folder = made('failing')
  await assert.rejects(
    writeAside(folder, [pieces('a', new Error('lost'))], () => 'x', never),
    /lost/,
  )
  const ended = new AbortController()
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      yield Buffer.alloc(1000)
      ended.abort()
    }
  }
  await assert.rejects(
    writeAside(folder, [endless()], () => 'x', ended.signal),
    { name: 'AbortError' },
  )
  assert.deepEqual(await readdir(folder), [])
})

test('a folder that cannot be one, or not be written to, is told of', async () => {
  await writeFile(made('file'), '')
  const refused = (message: RegExp) => ({ code: 'BACKUP_FAILED', message })
  const inFile = writeAside(path.join(made('file'), 'folder'), [pieces('a')], () => 'x', never)
  await assert.rejects(inFile, refused(/a part of its path is no folder/))
  // Root may write anywhere: the system is asked by another way below.
  if (process.getuid?.() === 0) return
  await mkdir(made('closed'))
  await chmod(made('closed'), 0o500)
  await assert.rejects(
    writeAside(made('closed'), [pieces('a')], () => 'x', never),
    refused(/may not write there/),
  )
})

test('where no more may be written there is no file, and it is said why', async () => {
  const folder = made('full')
  // A limit of the shell, in blocks of 512 or 1,024 bytes: the file system refuses what goes beyond, as a full disk does.
  const child = spawn(
    'bash',
    ['-c', `ulimit -f 100; trap '' XFSZ; exec "$0" "$@"`, process.execPath, CHILD, folder, '1000000'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')])
  assert.deepEqual(JSON.parse(printed), {
    code: 'BACKUP_FAILED',
    message: 'The backup cannot be written to the folder of backups: the file would be larger than the system allows',
  })
  assert.deepEqual(await readdir(folder), [])
})

test('one that is killed leaves a hidden part that is no backup, and goes when it is old', async () => {
  const folder = made('killed')
  const child = spawn(process.execPath, [CHILD, folder, 'endless'], { stdio: ['ignore', 'ignore', 'inherit'] })
  await until(async () => (await readdir(folder).catch(() => [])).length > 0, 'it has begun')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const [part, ...more] = await readdir(folder)
  assert.match(part ?? '', /^\.m3saas-[0-9a-f]{16}\.part$/)
  assert.deepEqual(more, [])
  await writeFile(path.join(folder, 'shop-2026-11-27T21-02-03.456Z.backup.gz'), '')
  await sweepParts(folder, new Date())
  assert.equal((await readdir(folder)).length, 2, 'it may be that of a process that works')
  const yesterday = new Date(Date.now() - 25 * 3_600_000)
  for (const name of await readdir(folder)) await utimes(path.join(folder, name), yesterday, yesterday)
  await sweepParts(folder, new Date())
  assert.deepEqual(await readdir(folder), ['shop-2026-11-27T21-02-03.456Z.backup.gz'])
})
