import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { readExtensionConfig } from '../../../kernel/mqtt/credentials/extension-config.js'
import { readCredentials } from '../../../kernel/mqtt/credentials/read.js'
import { file } from './file.js'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'm3saas-credentials-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function configOf(inner: string | Buffer) {
  const xml = typeof inner === 'string' ? `<extension-configuration>${inner}</extension-configuration>` : inner
  await writeFile(path.join(folder, 'extension-config.xml'), xml)
  return readExtensionConfig(folder)
}

test('what is not said has the defaults of the extension', async () => {
  const defaults = { passwordType: 'HASHED', reloadSeconds: 60 }
  assert.deepEqual(await readExtensionConfig(path.join(folder, 'nowhere')), defaults)
  assert.deepEqual(await configOf('<archiver-enabled>false</archiver-enabled>'), defaults)
  assert.deepEqual(
    await configOf(
      '<password-type> PLAIN </password-type><credentials-reload-interval>0</credentials-reload-interval>',
    ),
    defaults,
  )
})

test('the kind of passwords and the interval are read', async () => {
  assert.deepEqual(
    await configOf(
      '<password-type>PLAIN</password-type><credentials-reload-interval> 5 </credentials-reload-interval>',
    ),
    { passwordType: 'PLAIN', reloadSeconds: 5 },
  )
})

test('a file that cannot be used leaves the defaults and says why', async () => {
  const { fault, ...rest } = await configOf('<password-type>PLAIN')
  assert.deepEqual(rest, { passwordType: 'HASHED', reloadSeconds: 60 })
  assert.match(fault ?? '', /^extension-config\.xml: The file is not the XML that is expected: line 1 closes an/)
  assert.match((await configOf(Buffer.from('\uFEFF<a/>', 'utf16le'))).fault ?? '', /is not UTF-8$/)
})

test('credentials are read from their file', async () => {
  const target = path.join(folder, 'credentials.xml')
  await assert.rejects(readCredentials(target, 'HASHED'), {
    code: 'CREDENTIALS_INVALID',
    message: 'There is no credentials.xml',
  })
  await writeFile(target, file())
  assert.deepEqual([...(await readCredentials(target, 'HASHED')).users.keys()], ['bob'])
  await mkdir(path.join(folder, 'a-folder'))
  await assert.rejects(readCredentials(path.join(folder, 'a-folder'), 'HASHED'), /a-folder is not a file/)
})
