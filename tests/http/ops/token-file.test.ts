import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readOpsToken } from '../../../kernel/http/ops/token-file.js'
import { makeAppRoot } from '../../modules/app-root.js'

async function freshRoot(t: TestContext) {
  const root = await makeAppRoot(t)
  return { root, file: path.join(root, 'secrets', 'ops_token.secret') }
}

/** Looks at the file in every turn of the event loop until it is told to stop; gives the texts that it saw. */
function watchFile(file: string): () => Set<string> {
  const seen = new Set<string>()
  let watching = true
  const look = () => {
    try {
      seen.add(readFileSync(file, 'utf8'))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT')
    }
    if (watching) setImmediate(look)
  }
  look()
  return () => {
    watching = false
    return seen
  }
}

test('the token file appears whole, for its owner alone, and nothing else stays behind', async (t) => {
  for (let i = 0; i < 10; i++) {
    const { root, file } = await freshRoot(t)
    const stop = watchFile(file)
    const { token, place } = await readOpsToken(root, undefined)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([...stop()], [`${token}\n`])
    assert.equal(place, file)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(path.dirname(file)), ['ops_token.secret'])
  }
})

test('many that start at once have one token', async (t) => {
  const { root } = await freshRoot(t)
  const all = await Promise.all(Array.from({ length: 10 }, () => readOpsToken(root, undefined)))
  assert.equal(new Set(all.map(({ token }) => token)).size, 1)
})

test('an empty file is not taken for a token, and is left as it is', async (t) => {
  const { root, file } = await freshRoot(t)
  await mkdir(path.dirname(file))
  await writeFile(file, '')
  await assert.rejects(readOpsToken(root, undefined), {
    code: 'CONFIG_INVALID',
    message: `The ops token file ${file} is not usable: it holds fewer than 16 characters; delete it to get a new one`,
  })
  assert.equal(readFileSync(file, 'utf8'), '')
})

/** A mount of one's own, where the system allows that. */
const inNamespace = ['--map-root-user', '--mount', 'sh', '-ec']
const own = path.dirname(fileURLToPath(import.meta.url))
const mounts = spawnSync('unshare', [...inNamespace, 'mount --bind "$0" "$0"', own]).status === 0

test('a token in a read-only mount is used as it is', {
  skip: mounts ? false : 'no mounts are allowed here',
}, async (t) => {
  const { root, file } = await freshRoot(t)
  await mkdir(path.dirname(file))
  await writeFile(file, 'a token of sixteen or more\n', { mode: 0o644 })
  const program = `
    const { readOpsToken } = await import(${JSON.stringify(import.meta.resolve('../../../kernel/http/ops/token-file.js'))})
    console.log((await readOpsToken(${JSON.stringify(root)}, undefined)).token)`
  const mounted = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
  const args = [mounted, path.dirname(file), process.execPath, '--input-type=module', '-e', program]
  const { status, stdout, stderr } = spawnSync('unshare', [...inNamespace, ...args], { encoding: 'utf8' })
  assert.deepEqual([status, stdout], [0, 'a token of sixteen or more\n'], stderr)
  assert.equal((await stat(file)).mode & 0o777, 0o644)
})
