import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, onEveryEngine } from '../support/app.js'
import { type Call, clientOf } from '../support/client.js'
import { signUp } from '../support/sign-up.js'

interface Note {
  readonly id: number
  readonly title: string
  readonly [column: string]: unknown
}

await onEveryEngine('notes@v1', (start) => {
  let app: App
  let ann: Call
  let bob: Call
  before(async () => {
    app = await start()
    ann = await signUp(app, 'notes', 'ann')
    bob = await signUp(app, 'notes', 'bob')
  })
  after(() => app.close())

  const write = async (call: Call, body: object) => (await call('POST', '/v1/', { body })).body as Note
  const titlesOf = (body: unknown) => (body as Note[]).map(({ title }) => title)

  test('nothing answers without a session', async () => {
    const nobody = clientOf(`${app.url}/1/notes`)
    for (const [method, path] of [
      ['GET', '/v1/'],
      ['GET', '/v1/1'],
      ['GET', '/v1.1/search?q=x'],
      ['GET', '/v1/recent'],
    ] as const) {
      assert.equal((await nobody(method, path)).status, 401, path)
    }
  })

  test('a note of every column comes back as it was written', async () => {
    const body = {
      title: 'Träume 😀',
      body: 'line 1\nline "2"',
      checklist: [{ text: 'one', done: false }],
      pinned: true,
      visibility: 'private',
    }
    const created = await ann('POST', '/v1/', { body })
    assert.equal(created.status, 201)
    const { id, owner_id, created_at, ...rest } = created.body as Note
    assert.deepEqual(rest, body)
    assert.ok(Math.abs(Date.parse(String(created_at)) - Date.now()) < 60_000)
    assert.deepEqual((await ann('GET', `/v1/${id}`)).body, created.body)
    const plain = await write(ann, { title: 'plain' })
    assert.deepEqual([plain.owner_id, plain.body, plain.checklist], [owner_id, null, null])
    assert.deepEqual([plain.pinned, plain.visibility], [false, 'private'])
  })

  test('a note is changed and deleted by its owner, and is not there for anybody else', async () => {
    const { id } = await write(ann, { title: 'mine', checklist: [] })
    for (const [method, body] of [['GET'], ['PATCH', { title: 'stolen' }], ['DELETE']] as const) {
      assert.equal((await bob(method, `/v1/${id}`, body ? { body } : {})).status, 404, method)
    }
    const changed = await ann('PATCH', `/v1/${id}`, { body: { body: 'more', checklist: null } })
    const { title, body, checklist } = changed.body as Note
    assert.deepEqual([changed.status, title, body, checklist], [200, 'mine', 'more', null])
    assert.equal((await ann('DELETE', `/v1/${id}`)).status, 204)
    assert.equal((await ann('GET', `/v1/${id}`)).status, 404)
  })

  test('nobody writes in the name of another, or what is no note', async () => {
    const mine = await write(bob, { title: 'x' })
    const forged = await bob('POST', '/v1/', { body: { title: 'x', owner_id: 1 } })
    assert.ok(forged.status === 400 || (forged.body as Note).owner_id === mine.owner_id)
    for (const body of [
      {},
      { title: 'x'.repeat(201) },
      { title: 'x', visibility: 'public' },
      { title: 'x', checklist: [{ text: 1 }] },
      { title: 'x', checklist: 'no' },
    ]) {
      assert.equal((await bob('POST', '/v1/', { body })).status, 400, JSON.stringify(body))
    }
    for (const path of ['/v1/0', '/v1/x', '/v1/1e3', '/v1/99999999999']) {
      assert.equal((await bob('GET', path)).status, 404, path)
    }
  })

  test('up to 1.3 the list is a bare array, since 1.4 it comes in pages', async () => {
    const cat = await signUp(app, 'notes', 'cat')
    for (const title of ['1', '2', '3', '4', '5']) await write(cat, { title })
    for (const version of ['v1', 'v1.0', 'v1.3', 'v1.3.9']) {
      assert.deepEqual(titlesOf((await cat('GET', `/${version}/`)).body), ['5', '4', '3', '2', '1'], version)
    }
    const seen: string[] = []
    let next: number | null | undefined
    do {
      const before = next ? `&before=${next}` : ''
      const page = (await cat('GET', `/v1.4/?limit=2${before}`)).body as { items: Note[]; next: number | null }
      seen.push(titlesOf(page.items).join())
      next = page.next
    } while (next !== null)
    assert.deepEqual(seen, ['5,4', '3,2', '1'])
    assert.equal(((await cat('GET', '/v1.10/')).body as { next: unknown }).next, null)
    assert.equal((await cat('GET', '/v1.4/?limit=0')).status, 400)
  })

  test('search is there since 1.1 and takes wildcards for the characters they are', async () => {
    const dan = await signUp(app, 'notes', 'dan')
    for (const title of ['100% wool', '100 sheep', 'a_b', 'axb', 'wow!', 'back\\slash', "it's"])
      await write(dan, { title })
    await write(dan, { title: 'other', body: 'sheepish' })
    await write(ann, { title: '100% not of Dan' })
    const search = async (q: string) => {
      const { status, body } = await dan('GET', `/v1.1/search?q=${encodeURIComponent(q)}`)
      assert.equal(status, 200)
      return titlesOf(body).sort()
    }
    assert.deepEqual(await search('100%'), ['100% wool'])
    assert.deepEqual(await search('a_b'), ['a_b'])
    assert.deepEqual(await search('w!'), ['wow!'])
    assert.deepEqual(await search('\\'), ['back\\slash'])
    assert.deepEqual(await search("t's"), ["it's"])
    assert.deepEqual(await search('SHEEP'), ['100 sheep', 'other'])
    assert.deepEqual(await search('nowhere'), [])
    assert.equal((await dan('GET', '/v1.1/search')).status, 400)
    assert.equal((await dan('GET', '/v1/search?q=x')).status, 404)
  })

  test('shared notes of everybody are recent ones, with who wrote them; the welcome note is seeded', async () => {
    const { id } = await write(ann, { title: 'for all', visibility: 'shared' })
    await write(ann, { title: 'for me' })
    const recent = (await bob('GET', '/v1/recent')).body as Note[]
    assert.deepEqual(
      recent.map(({ title, owner_name }) => [title, owner_name]),
      [
        ['for all', 'ann'],
        ['Welcome', 'The team'],
      ],
    )
    assert.equal(recent[1]?.created_at, '2026-01-01T00:00:00.000Z')
    await ann('DELETE', `/v1/${id}`)
  })

  test('temporary notes are there to try out, and gone when they are taken back', async () => {
    const ops = clientOf(`${app.url}/1/migrate`)
    const recent = async () => titlesOf((await bob('GET', '/v1/recent')).body)
    assert.equal((await ops('POST', '/seed', { token: app.token })).status, 200)
    assert.deepEqual(await recent(), ['100 % of the snacks', 'Try me', 'Welcome'])
    assert.equal((await ops('POST', '/deseed', { token: app.token })).status, 200)
    assert.deepEqual(await recent(), ['Welcome'])
  })
})
