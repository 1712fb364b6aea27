import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { jobs } from '../../plugins/test/v1/test.cron.js'
import { type App, onEveryEngine } from '../support/app.js'
import { type Call, clientOf } from '../support/client.js'

interface Animal {
  readonly id: number
  readonly name: string
}

test('test@v1 has a daily and a weekly job that are declared well', () => {
  assert.deepEqual(jobs.faults, [])
  assert.deepEqual(
    jobs.jobs.map(({ name, schedule }) => [name, schedule]),
    [
      ['count_animals', { repeat: 'day', every: 1 }],
      ['greet', { repeat: 'week', every: 1 }],
    ],
  )
})

await onEveryEngine('test@v1', (start) => {
  let app: App
  let call: Call
  before(async () => {
    app = await start()
    call = clientOf(`${app.url}/1/test`)
  })
  after(() => app.close())

  test('animals are created, listed and deleted', async () => {
    assert.deepEqual((await call('GET', '/v1/animals')).body, [])
    const created = await call('POST', '/v1/animals', { body: { name: 'Okapi' } })
    assert.equal(created.status, 201)
    const { id } = created.body as Animal
    assert.deepEqual(created.body, { id, name: 'Okapi' })
    assert.deepEqual((await call('GET', '/v1/animals')).body, [{ id, name: 'Okapi' }])
    const deleted = await call('DELETE', `/v1/animals/${id}`)
    assert.deepEqual([deleted.status, deleted.body], [204, ''])
    assert.deepEqual((await call('GET', '/v1/animals')).body, [])
  })

  test('an animal that is not there cannot be deleted: 404 as a problem', async () => {
    const { status, body, headers } = await call('DELETE', '/v1/animals/4711')
    assert.equal(status, 404)
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
    assert.equal((body as { code: string }).code, 'NOT_FOUND')
    assert.equal((body as { detail: string }).detail, 'There is no animal 4711')
  })

  test('animals are renamed since 1.1, and not before', async () => {
    const { id } = (await call('POST', '/v1/animals', { body: { name: 'Ass' } })).body as Animal
    const change = { body: { name: 'Donkey' } }
    for (const version of ['v1', 'v1.0', 'v1.0.9']) {
      assert.equal((await call('PUT', `/${version}/animals/${id}`, change)).status, 404, version)
    }
    for (const version of ['v1.1', 'v1.1.0', 'v1.2', 'v1.10']) {
      const renamed = await call('PUT', `/${version}/animals/${id}`, change)
      assert.deepEqual([renamed.status, renamed.body], [200, { id, name: 'Donkey' }], version)
    }
    assert.equal((await call('PUT', '/v1.1/animals/4711', change)).status, 404)
    await call('DELETE', `/v1/animals/${id}`)
  })

  test('the list is filtered by name since 1.2', async () => {
    const made = await Promise.all(['Emu', 'Gnu'].map((name) => call('POST', '/v1/animals', { body: { name } })))
    const namesOf = async (path: string) => ((await call('GET', path)).body as Animal[]).map(({ name }) => name).sort()
    assert.deepEqual(await namesOf('/v1.2/animals?name=Gnu'), ['Gnu'])
    assert.deepEqual(await namesOf('/v1.2/animals'), ['Emu', 'Gnu'])
    assert.deepEqual(await namesOf('/v1.1/animals?name=Gnu'), ['Emu', 'Gnu'])
    for (const { body } of made) await call('DELETE', `/v1/animals/${(body as Animal).id}`)
  })

  test('a body that is no animal is refused with what is wrong, and nothing is stored', async () => {
    for (const body of [{}, { name: 'x'.repeat(256) }, { name: 'a\0b' }, []]) {
      const answer = await call('POST', '/v1/animals', { body })
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
    assert.deepEqual((await call('GET', '/v1/animals')).body, [])
  })

  test('two tenants share nothing', async () => {
    const second = clientOf(`${app.url}/2/test`)
    const { id } = (await call('POST', '/v1/animals', { body: { name: 'Yak' } })).body as Animal
    assert.deepEqual((await second('GET', '/v1/animals')).body, [])
    assert.equal((await second('DELETE', `/v1/animals/${id}`)).status, 404)
    assert.equal((await call('DELETE', `/v1/animals/${id}`)).status, 204)
  })
})
