import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, onEveryEngine } from '../support/app.js'
import type { Call } from '../support/client.js'
import { signUp } from '../support/sign-up.js'

interface Note {
  readonly id: number
  readonly title: string
  readonly tags: readonly string[]
  readonly [key: string]: unknown
}

await onEveryEngine('notes@v2 beside notes@v1', (start) => {
  let app: App
  let ann: Call
  let bob: Call
  before(async () => {
    app = await start()
    ann = await signUp(app, 'notes', 'ann')
    bob = await signUp(app, 'notes', 'bob')
  })
  after(() => app.close())

  const write = async (call: Call, body: object) => {
    const created = await call('POST', '/v2/', { body })
    assert.equal(created.status, 201, JSON.stringify(created.body))
    return created.body as Note
  }

  test('a note has tags, each once, whoever used them first', async () => {
    const note = await write(ann, { title: 'tagged', tags: ['Work', ' work ', 'home'], isShared: true })
    const { id, createdAt, owner, ...rest } = note
    assert.deepEqual(rest, {
      title: 'tagged',
      body: '',
      checklist: [],
      isPinned: false,
      isShared: true,
      tags: ['home', 'work'],
    })
    assert.equal((owner as { name: string }).name, 'ann')
    assert.ok(Math.abs(Date.parse(String(createdAt)) - Date.now()) < 60_000)
    assert.deepEqual((await ann('GET', `/v2/${id}`)).body, note)
    assert.deepEqual((await write(bob, { title: 'x', tags: ['work'] })).tags, ['work'])
    await ann('DELETE', `/v2/${id}`)
  })

  test('tags are replaced as a whole, and left alone where a change does not name them', async () => {
    const { id } = await write(ann, { title: 'a', tags: ['one', 'two'] })
    const renamed = await ann('PATCH', `/v2/${id}`, { body: { title: 'b' } })
    assert.deepEqual((renamed.body as Note).tags, ['one', 'two'])
    const retagged = await ann('PATCH', `/v2/${id}`, { body: { tags: ['two', 'three'] } })
    assert.deepEqual([(retagged.body as Note).title, (retagged.body as Note).tags], ['b', ['three', 'two']])
    assert.deepEqual(((await ann('PATCH', `/v2/${id}`, { body: { tags: [] } })).body as Note).tags, [])
    assert.equal((await bob('PATCH', `/v2/${id}`, { body: { tags: ['stolen'] } })).status, 404)
    await ann('DELETE', `/v2/${id}`)
  })

  test('both versions work on the same notes, each in its own shape', async () => {
    const old = (await ann('POST', '/v1/', { body: { title: 'old', pinned: true } })).body as Note
    const seen = (await ann('GET', `/v2/${old.id}`)).body as Note
    assert.deepEqual([seen.title, seen.isPinned, seen.tags], ['old', true, []])
    const { id } = await write(ann, { title: 'new', tags: ['t'], body: 'text' })
    const back = (await ann('GET', `/v1/${id}`)).body as Note
    assert.deepEqual([back.title, back.body, back.visibility, 'tags' in back], ['new', 'text', 'private', false])
    for (const each of [old.id, id]) assert.equal((await ann('DELETE', `/v1/${each}`)).status, 204)
  })

  test('the list comes in pages, with the tags of each note', async () => {
    const cat = await signUp(app, 'notes', 'cat')
    for (const title of ['1', '2', '3']) await write(cat, { title, tags: [`tag ${title}`] })
    const page = (await cat('GET', '/v2/?limit=2')).body as { items: Note[]; next: number }
    assert.deepEqual(
      page.items.map(({ title, tags }) => [title, ...tags]),
      [
        ['3', 'tag 3'],
        ['2', 'tag 2'],
      ],
    )
    const last = (await cat('GET', `/v2.1/?limit=2&before=${page.next}`)).body as { items: Note[]; next: null }
    assert.deepEqual([last.items.map(({ title }) => title), last.next], [['1'], null])
  })

  test('tags are counted among one’s own notes', async () => {
    const dan = await signUp(app, 'notes', 'dan')
    await write(dan, { title: 'x', tags: ['a', 'b'] })
    const { id } = await write(dan, { title: 'y', tags: ['b', 'c'] })
    await dan('DELETE', `/v2/${id}`)
    assert.deepEqual((await dan('GET', '/v2/tags')).body, [
      { name: 'a', notes: 1 },
      { name: 'b', notes: 1 },
    ])
  })

  test('one new tag, used by many notes at once, is stored once', async () => {
    const notes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => write(bob, { title: `n${i}`, tags: ['rush', `own ${i}`] })),
    )
    for (const { tags } of notes) assert.ok(tags.includes('rush'))
    const counts = (await bob('GET', '/v2/tags')).body as { name: string; notes: number }[]
    assert.equal(counts.find(({ name }) => name === 'rush')?.notes, 8)
  })

  test('a note that is refused leaves no trace of its tags', async () => {
    const body = { title: 'a\0b', tags: ['trace'] }
    assert.equal((await ann('POST', '/v2/', { body })).status, 400)
    assert.equal((await ann('POST', '/v2/', { body: { title: 'x', tags: ['y'.repeat(51)] } })).status, 400)
    assert.doesNotMatch(JSON.stringify((await ann('GET', '/v2/tags')).body), /trace|yyy/)
  })
})
