import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, startApp } from '../support/app.js'
import { contentsOf } from '../support/contents.js'
import { problemOf } from '../support/problem.js'
import { sendRaw } from '../support/raw.js'

/** How it is refused: by the kernel, which finds no module in it; by the tenant's scope; as text that is no URL. */
type Refusal = 'no place' | 'no route' | 'undecodable' | 'no request' | 'long part' | 'too long'

const long = (length: number) => 'a'.repeat(length)

const table: readonly (readonly [string, Refusal])[] = [
  ['/0/test/v1/animals', 'no place'],
  ['/01/test/v1/animals', 'no place'],
  ['/1e0/test/v1/animals', 'no place'],
  ['/-1/test/v1/animals', 'no place'],
  ['/+1/test/v1/animals', 'no place'],
  ['/1.0/test/v1/animals', 'no place'],
  ['/4294967296/test/v1/animals', 'no place'],
  ['/99999999999999999999/test/v1/animals', 'no place'],
  ['/%31/test/v1/animals', 'no place'],
  ['/1/test/v01/animals', 'no place'],
  ['/1/test/v1./animals', 'no place'],
  ['/1/test/v1.x/animals', 'no place'],
  ['/1/test/v1..1/animals', 'no place'],
  ['/1/test/v1.01/animals', 'no place'],
  ['/1/test/v0/animals', 'no place'],
  ['/1/test/v-1/animals', 'no place'],
  ['/1/test/V1/animals', 'no place'],
  ['/1/test/1/animals', 'no place'],
  ['/1/test/v10/animals', 'no route'],
  ['/1/test/v11/animals', 'no route'],
  [`/1/test/v1${'.1'.repeat(40)}/animals`, 'no place'],
  ['/1/test/%2e%2e/test/v1/animals', 'no place'],
  ['/1/%2e%2e/1/test/v1/animals', 'no place'],
  ['/%2e%2e/%2e%2e/etc/passwd', 'no place'],
  ['/1/test/v1/%2e%2e/v1/animals', 'no route'],
  ['/1/test/v1/%2e%2e%2f%2e%2e%2fsecrets%2fops_token.secret', 'no route'],
  ['/1/../1/test/v1/animals', 'no place'],
  ['/1/test/v1/../v1/animals', 'no route'],
  ['//1/test/v1/animals', 'no place'],
  ['/1//test/v1/animals', 'no place'],
  ['/1/test/v1//animals', 'no route'],
  ['/1/__proto__/v1/animals', 'no place'],
  ['/1/constructor/v1/animals', 'no route'],
  ['/1/migrate/v1/animals', 'no place'],
  ['/1/test/v1/animals%00', 'no route'],
  ['/1/test/v1/animals\\', 'no route'],
  [`/1/test/v1/animals/${'1'.repeat(10_000)}`, 'no route'],
  [`/${long(15_000)}`, 'long part'],
  [`/${long(65_536)}`, 'too long'],
  [`/1/test/v1/${long(65_536)}`, 'too long'],
  [`/1/test/v1/animals?name=${long(65_536)}`, 'too long'],
  ['/%', 'undecodable'],
  ['/%ff', 'undecodable'],
  ['/1/test/v1/%', 'undecodable'],
  ['/1/test/v1/animals/%zz', 'undecodable'],
  ['/1/test/v1/animals/%c3%28', 'undecodable'],
  ['/1/test/v1/ani mals', 'no request'],
  ['/1/test/v1/animäls', 'no request'],
  ['1/test/v1/animals', 'no request'],
]

function expected(url: string, refusal: Refusal): Record<string, unknown> {
  const instance = url.slice(0, 256)
  const notFound = { title: 'Not found', status: 404, code: 'NOT_FOUND', instance }
  const malformed = { title: 'The request is malformed', status: 400, code: 'BAD_REQUEST' }
  switch (refusal) {
    case 'no place':
      return { ...notFound, detail: `There is no tenant, module or route at ${instance}` }
    case 'no route':
      return { ...notFound, detail: `Nothing answers GET ${instance}` }
    case 'undecodable':
      return { ...malformed, detail: 'The URL cannot be decoded', instance }
    case 'no request':
      return { ...malformed, detail: 'This is no HTTP request' }
    case 'long part': {
      const detail = 'A part of the path is too long'
      return { title: 'The URL is too long', status: 414, code: 'URI_TOO_LONG', detail, instance }
    }
    case 'too long': {
      const detail = 'The request line and the headers are longer than 16 KiB'
      return { title: 'The request line and headers are too large', status: 431, code: 'HEADERS_TOO_LARGE', detail }
    }
  }
}

let app: App
before(async () => {
  app = await startApp()
})
after(() => app.close())

for (const [url, refusal] of table) {
  const shown = url.length > 80 ? `${url.slice(0, 30)}… of ${url.length} characters` : url
  test(`GET ${shown}: ${refusal}, and the next request is served`, async () => {
    const { engine } = app.kernel
    const before = await contentsOf(engine.catalog, engine)
    assert.deepEqual(problemOf(await sendRaw(app.url, `GET ${url} HTTP/1.1`)), expected(url, refusal))
    const { status, body } = await sendRaw(app.url, 'GET /1/test/v1/animals HTTP/1.1')
    assert.deepEqual([status, body], [200, '[]'])
    assert.deepEqual(await contentsOf(engine.catalog, engine), before)
  })
}

test('a tenant that is not there is unknown, and is not made', async () => {
  assert.deepEqual(problemOf(await sendRaw(app.url, 'GET /3/test/v1/animals HTTP/1.1')), {
    title: 'Unknown tenant',
    status: 404,
    detail: 'There is no tenant 3',
    code: 'TENANT_UNKNOWN',
    instance: '/3/test/v1/animals',
  })
})

test('the same holds below a sub-directory, which is no tenant itself', async (t) => {
  const below = await startApp({ config: { sub_directory: 'api/v1' } })
  t.after(() => below.close())
  const statusOf = async (url: string) => (await sendRaw(below.url, `GET ${url} HTTP/1.1`)).status
  const ok = '/api/v1/1/test/v1/animals'
  assert.equal(await statusOf(ok), 200)
  for (const url of [
    '/1/test/v1/animals',
    '/api/v1',
    '/api/v10/test/v1/animals',
    '/api/%761/1/test/v1/animals',
    '/API/v1/1/test/v1/animals',
  ]) {
    assert.equal(await statusOf(url), 404, url)
  }
  for (const [url, refusal] of table.filter(([path]) => path.startsWith('/'))) {
    assert.equal(await statusOf(`/api/v1${url}`), expected(url, refusal).status, url.slice(0, 80))
  }
  assert.equal(await statusOf(ok), 200)
})
