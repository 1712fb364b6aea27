import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { parseConfig } from '../kernel/config/load-config.js'
import { assembleKernel } from '../kernel/kernel.js'
import { makeAppRoot } from './modules/app-root.js'

/** What is logged while a kernel is put together. */
async function logOf(t: TestContext, config: object): Promise<string> {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const root = await makeAppRoot(t)
  const kernel = await assembleKernel({ root, config: parseConfig(config, {}, 'the test'), log: pino(sink) })
  await kernel.close()
  return text
}

test('a configuration without a salt works on MySQL as it did in the original, with a warning', async (t) => {
  const tenants = { database: { host: 'nowhere.invalid', database: 'm3', user: 'root', password: 'p' } }
  assert.match(await logOf(t, { tenants }), /"level":40.*"msg":"dbSalt is empty: /)
  assert.equal(await logOf(t, { tenants, dbSalt: 'salt' }), '')
  assert.equal(await logOf(t, {}), '', 'on SQLite there are no database users')
})
