import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, onEveryEngine } from '../support/app.js'
import { type Call, clientOf } from '../support/client.js'

const ann = { name: 'Ann', email: 'Ann@Example.com', password: 'correct horse' }

interface Session {
  readonly token: string
  readonly expires_at: string
  readonly user: Record<string, unknown>
}

await onEveryEngine('users@v1', (start) => {
  let app: App
  let call: Call
  before(async () => {
    app = await start()
    call = clientOf(`${app.url}/1/users/v1`)
    assert.equal((await call('POST', '/register', { body: { ...ann, website: 'https://example.com' } })).status, 201)
  })
  after(() => app.close())

  const login = async (password = ann.password, email = ann.email) =>
    (await call('POST', '/login', { body: { email, password } })).body as Session

  test('an account is registered once, its address in lower case, its password never shown', async () => {
    const body = { name: 'Bob', email: 'BOB@example.com', password: 'battery staple', phone: '+49 30 123' }
    const created = await call('POST', '/register', { body })
    assert.equal(created.status, 201)
    const { created_at, id, ...shown } = created.body as Record<string, unknown>
    assert.ok(Number.isInteger(id))
    assert.ok(Math.abs(Date.parse(String(created_at)) - Date.now()) < 60_000)
    assert.equal(shown.email, 'bob@example.com')
    assert.equal(shown.phone, '+49 30 123')
    assert.equal('password' in shown, false)
    const again = await call('POST', '/register', { body })
    assert.equal(again.status, 409)
    assert.doesNotMatch(JSON.stringify(again.body), /battery/)
  })

  test('ten registrations of one address at once make one account', async () => {
    const body = { name: 'Eve', email: 'eve@example.com', password: 'evening sun' }
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', '/register', { body })))
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [201, ...Array(9).fill(409)])
  })

  test('what is no account is refused with every field that is wrong', async () => {
    const cases: [object, string][] = [
      [{ ...ann, email: 'nobody' }, 'email'],
      [{ ...ann, email: 'x@example.com', password: 'short' }, 'password'],
      [{ ...ann, email: 'x@example.com', website: 'javascript:alert(1)' }, 'website'],
      [{ ...ann, email: 'x@example.com', phone: 'call me' }, 'phone'],
      [{ ...ann, email: `${'x'.repeat(250)}@example.com` }, 'email'],
      [{ email: 'x@example.com', password: 'correct horse' }, 'name'],
    ]
    for (const [body, field] of cases) {
      const { status, body: problem } = await call('POST', '/register', { body })
      assert.equal(status, 400, field)
      assert.match(JSON.stringify(problem), new RegExp(field))
      assert.doesNotMatch(JSON.stringify(problem), /correct horse/)
    }
  })

  test('a login gives a random token, and the account remembers when and from where', async () => {
    const [one, other] = [await login(), await login(ann.password, 'ann@example.COM')]
    assert.match(one.token, /^[A-Za-z0-9_-]{43}$/)
    assert.notEqual(one.token, other.token)
    assert.ok(Date.parse(one.expires_at) > Date.now() + 29 * 86_400_000)
    assert.equal('password' in one.user, false)
    const me = (await call('GET', '/me', { token: one.token })).body as Record<string, unknown>
    assert.match(String(me.last_login_ip), /127\.0\.0\.1|::1/)
    assert.ok(Math.abs(Date.parse(String(me.last_login_at)) - Date.now()) < 60_000)
  })

  test('a wrong password and an unknown address are refused alike', async () => {
    const wrong = await call('POST', '/login', { body: { email: ann.email, password: 'wrong horse' } })
    const unknown = await call('POST', '/login', { body: { email: 'no@example.com', password: 'wrong horse' } })
    assert.deepEqual([wrong.status, unknown.status], [401, 401])
    const detailOf = (body: unknown) => (body as { detail: string }).detail
    assert.equal(detailOf(wrong.body), detailOf(unknown.body))
    const team = await call('POST', '/login', { body: { email: 'team@example.com', password: 'none' } })
    assert.equal(team.status, 401, 'the seeded account of the team has no password')
  })

  test('without a token, or with one that is no more, there is no account', async () => {
    const { token } = await login()
    for (const given of [undefined, 'x', token.slice(1), `${token}x`]) {
      const { status, headers } = await call('GET', '/me', given === undefined ? {} : { token: given })
      assert.equal(status, 401)
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
    }
    assert.equal((await call('POST', '/logout', { token })).status, 204)
    assert.equal((await call('GET', '/me', { token })).status, 401)
    assert.equal((await call('POST', '/logout', { token })).status, 204)
  })

  test('the token of one tenant opens nothing at another', async () => {
    const { token } = await login()
    assert.equal((await clientOf(`${app.url}/2/users/v1`)('GET', '/me', { token })).status, 404)
  })

  test('a profile is changed where it may be', async () => {
    const { token } = await login()
    const changed = await call('PATCH', '/me', { token, body: { name: 'Ann B.', website: null } })
    assert.equal(changed.status, 200)
    const { name, website } = changed.body as Record<string, unknown>
    assert.deepEqual([name, website], ['Ann B.', null])
    await call('PATCH', '/me', { token, body: { email: 'stolen@example.com', name: 'Ann' } })
    assert.equal(((await call('GET', '/me', { token })).body as { email: string }).email, 'ann@example.com')
  })

  test('a new password ends every other session', async () => {
    const [here, elsewhere] = [await login(), await login()]
    const change = (old_password: string, new_password: string) =>
      call('PUT', '/password', { token: here.token, body: { old_password, new_password } })
    assert.equal((await change('wrong horse', 'a newer horse')).status, 403)
    assert.equal((await change(ann.password, 'short')).status, 400)
    assert.equal((await change(ann.password, 'a newer horse')).status, 204)
    assert.equal((await call('GET', '/me', { token: here.token })).status, 200)
    assert.equal((await call('GET', '/me', { token: elsewhere.token })).status, 401)
    assert.ok((await login('a newer horse')).token)
    assert.equal((await change('a newer horse', ann.password)).status, 204)
  })
})
