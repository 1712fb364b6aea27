import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, startApp } from '../support/app.js'
import { contentsOf } from '../support/contents.js'
import { problemOf } from '../support/problem.js'
import { sendRaw } from '../support/raw.js'

const TOKEN = 'The token of the tests 0123456789'.replaceAll(' ', '-')

const missing = {
  title: 'An ops token is needed',
  status: 401,
  detail: 'Send the ops token: Authorization: Bearer <ops token>',
  code: 'TOKEN_MISSING',
}
const wrong = { title: 'The ops token is wrong', status: 403, detail: 'This is not the ops token', code: 'TOKEN_WRONG' }

const table: readonly (readonly [string, string | undefined, object])[] = [
  ['no header', undefined, missing],
  ['an empty header', '', missing],
  ['no token', 'Bearer', missing],
  ['another scheme', `Basic ${TOKEN}`, missing],
  ['the bare token', TOKEN, missing],
  ['two tokens', `Bearer ${TOKEN} ${TOKEN}`, wrong],
  ['another token', 'Bearer another-token-altogether', wrong],
  ['one character less', `Bearer ${TOKEN.slice(0, -1)}`, wrong],
  ['one character more', `Bearer ${TOKEN}0`, wrong],
  ['another first character', `Bearer t${TOKEN.slice(1)}`, wrong],
  ['small letters', `Bearer ${TOKEN.toLowerCase()}`, wrong],
  ['quotes', `Bearer "${TOKEN}"`, wrong],
  ['a very long one', `Bearer ${'x'.repeat(8000)}`, wrong],
]

let app: App
before(async () => {
  app = await startApp({ config: { http: { port: 0, trustProxy: true }, ops: { token: TOKEN } } })
})
after(() => app.close())

/** Wrong tokens are counted by address: each case comes from one of its own. */
function send(line: string, authorization: string | undefined, address: string) {
  const headers = { 'x-forwarded-for': address, ...(authorization === undefined ? {} : { authorization }) }
  return sendRaw(app.url, `${line} HTTP/1.1`, { headers })
}

for (const [i, [behaviour, authorization, says]] of table.entries()) {
  test(`${behaviour}: refused on every ops route, and nothing is done`, async () => {
    const { engine } = app.kernel
    const before = await contentsOf(engine.catalog, engine)
    for (const [method, path] of [
      ['GET', '/modules'],
      ['POST', '/migrate'],
      ['POST', '/migrate/force'],
      ['GET', '/1/migrate/seed'],
      ['POST', '/1/migrate/deseed'],
      // No one without the token learns which tenants there are.
      ['POST', '/99/migrate'],
    ]) {
      const answer = await send(`${method} ${path}`, authorization, `10.0.0.${i}`)
      assert.deepEqual(problemOf(answer), { ...says, instance: path })
      assert.equal(answer.headers['www-authenticate'], says === missing ? 'Bearer realm="ops"' : undefined)
    }
    assert.deepEqual(await contentsOf(engine.catalog, engine), before)
    assert.equal((await send('GET /modules', `Bearer ${TOKEN}`, `10.0.0.${i}`)).status, 200)
  })
}

test('whoever guesses is slowed down, others are not', async () => {
  const guess = () => send('GET /modules', 'Bearer a-guess-among-many', '10.0.1.1')
  for (let i = 0; i < 10; i++) assert.equal((await guess()).status, 403)
  const refused = await guess()
  const seconds = Number(refused.headers['retry-after'])
  assert.ok(seconds > 0 && seconds <= 60, String(seconds))
  assert.deepEqual(problemOf(refused), {
    title: 'Too many wrong ops tokens',
    status: 429,
    detail: `Too many wrong ops tokens from this address; try again in ${seconds} s`,
    code: 'TOO_MANY_ATTEMPTS',
    instance: '/modules',
  })
  assert.equal((await send('GET /modules', `Bearer ${TOKEN}`, '10.0.1.2')).status, 200)
})

test('the token is in no line of the log', () => {
  assert.ok(app.log.some((line) => line.msg === 'a wrong ops token was sent'))
  const text = JSON.stringify(app.log)
  assert.equal(text.includes(TOKEN), false)
  assert.equal(text.includes('a-guess-among-many'), false)
})
