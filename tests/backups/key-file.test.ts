import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readKeys } from '../../kernel/backups/key-file.js'

const KEY = randomBytes(32)

let root = ''
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'm3saas-keys-'))
})
after(() => rm(root, { recursive: true }))

const put = async (name: string, text: string) => {
  await writeFile(path.join(root, name), text)
  return name
}

test('a key is 32 bytes in base64 or hex, with or without an end of the line', async () => {
  const forms = [KEY.toString('base64'), `${KEY.toString('base64')}\n`, KEY.toString('hex'), KEY.toString('hex')]
  for (const form of [...forms, ` ${KEY.toString('hex').toUpperCase()}\r\n`]) {
    const { current } = await readKeys(root, { keyFile: await put('key', form), formerKeyFiles: [] })
    assert.deepEqual(Buffer.from(current ?? []), KEY)
  }
})

test('former keys come behind the current one, or alone', async () => {
  const [one, two] = [randomBytes(32), randomBytes(32)]
  await Promise.all([
    put('now', KEY.toString('hex')),
    put('one', one.toString('hex')),
    put('two', two.toString('base64')),
  ])
  const formerKeyFiles = ['one', path.join(root, 'two')]
  const both = await readKeys(root, { keyFile: 'now', formerKeyFiles })
  assert.deepEqual(both, { current: KEY, all: [KEY, one, two] })
  assert.deepEqual(await readKeys(root, { formerKeyFiles }), { all: [one, two] })
  assert.deepEqual(await readKeys(root, { formerKeyFiles: [] }), { all: [] })
})

test('what is no key is refused by its place in the configuration, and not shown', async () => {
  for (const text of [
    '',
    'secret words',
    KEY.toString('hex').slice(1),
    `${KEY.toString('hex')}00`,
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    `${KEY.toString('hex')}\n${KEY.toString('hex')}`,
  ]) {
    const keyFile = await put('wrong', text)
    await assert.rejects(readKeys(root, { keyFile, formerKeyFiles: [] }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CONFIG_INVALID')
      assert.match(error.message, /\$\.backups\.keyFile names wrong, which holds no key: it must be 32 bytes/)
      assert.ok(text === '' || !error.message.includes(text))
      return true
    })
  }
  await assert.rejects(readKeys(root, { formerKeyFiles: ['wrong', 'none'] }), {
    code: 'CONFIG_INVALID',
    message: /\$\.backups\.formerKeyFiles\[[01]\] names/,
  })
  await assert.rejects(readKeys(root, { keyFile: 'none', formerKeyFiles: [] }), {
    code: 'CONFIG_INVALID',
    message: 'The key of backups cannot be used: $.backups.keyFile names none, which cannot be read (ENOENT)',
  })
})
