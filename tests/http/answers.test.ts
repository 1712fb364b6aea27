import assert from 'node:assert/strict'
import { request as rawRequest } from 'node:http'
import { test } from 'node:test'
import { defineModule } from '../../kernel/contract/define-module.js'
import { serve } from './serving.js'

const text = 'a line that repeats itself\n'.repeat(200)
const module = defineModule({
  name: 'test',
  version: 1,
  routes(app) {
    app.get('/', () => 'root')
    app.get('/hello', () => ({ hello: 'world' }))
    app.get('/long', () => text)
    app.get('/own/:id', () => 'a body')
    app.head('/own/:id', (_request, reply) => reply.header('x-own', 'yes').send())
    app.get('/own/:id/more', () => 'a body')
    app.get('/id', (request) => ({ id: request.id }))
    app.get('/injected', async (request) => (await request.server.inject('/test/v1/hello')).json())
    app.post(
      '/form',
      { schema: { body: { properties: { n: { type: 'integer' }, tags: { type: 'array' } } } } },
      (request) => ({
        ...(request.body as object),
      }),
    )
    app.get('/stream', (_request, reply) => {
      reply.raw.writeHead(200, { 'content-type': 'text/plain' })
      reply.hijack()
      reply.raw.end('raw')
    })
  },
})

test('HEAD is answered by the GET route, or by a HEAD route of the module', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  const head = await fetch(`${url}/1/test/v1/hello`, { method: 'HEAD' })
  assert.deepEqual(
    [head.status, head.headers.get('content-length'), await head.text()],
    [200, String(JSON.stringify({ hello: 'world' }).length), ''],
  )
  const own = await fetch(`${url}/1/test/v1/own/7?x=1`, { method: 'HEAD' })
  assert.deepEqual([own.status, own.headers.get('x-own')], [200, 'yes'])
  const beside = await fetch(`${url}/1/test/v1/own/7/more`, { method: 'HEAD' })
  assert.deepEqual([beside.status, beside.headers.get('content-length')], [200, '6'])
  const none = await fetch(`${url}/1/test/v1/none`, { method: 'HEAD' })
  assert.equal(none.status, 404)
})

test('a trailing slash changes nothing', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  for (const path of ['/1/test/v1', '/1/test/v1/', '/1/test/v1?a=1', '/1/test/v1.2/']) {
    assert.equal(await (await fetch(url + path)).text(), 'root', path)
  }
  assert.equal((await fetch(`${url}/1/test/v1/hello/`)).status, 200)
  const own = await fetch(`${url}/1/test/v1/own/7/`, { method: 'HEAD' })
  assert.equal(own.headers.get('x-own'), 'yes')
})

test('a form is a body: text becomes what the schema asks for', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  const response = await fetch(`${url}/1/test/v1/form`, { method: 'POST', body: new URLSearchParams('n=7&tags=a') })
  assert.deepEqual(await response.json(), { n: 7, tags: ['a'] })
})

test('answers are compressed from 1 KB on, if the client can read it', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  const get = (path: string, encoding: string) => fetch(url + path, { headers: { 'accept-encoding': encoding } })
  for (const encoding of ['gzip', 'br']) {
    const response = await get('/1/test/v1/long', encoding)
    assert.equal(response.headers.get('content-encoding'), encoding)
    assert.match(response.headers.get('vary') ?? '', /accept-encoding/i)
    assert.ok(Number(response.headers.get('content-length')) < 500)
    assert.equal(await response.text(), text)
  }
  assert.equal((await get('/1/test/v1/long', 'identity')).headers.get('content-encoding'), null)
  assert.equal((await get('/1/test/v1/hello', 'gzip')).headers.get('content-encoding'), null)
})

test('CORS: allowed origins are told so, preflight requests build no tenant', async (t) => {
  const cors = { origins: ['https://app.example.com'], credentials: true, maxAgeSeconds: 600 }
  const { url, tenants } = await serve(t, { 1: [module] }, { http: { cors } })
  const ask = (origin: string, init: RequestInit = {}) =>
    fetch(`${url}/1/test/v1/hello`, { ...init, headers: { origin, ...init.headers } })
  const preflight = await ask('https://app.example.com', {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'PUT' },
  })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://app.example.com')
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /PUT/)
  assert.equal(preflight.headers.get('access-control-max-age'), '600')
  assert.equal(tenants.builds, 0)
  const allowed = await ask('https://app.example.com')
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example.com')
  assert.equal(allowed.headers.get('access-control-allow-credentials'), 'true')
  assert.equal((await ask('https://evil.example.com')).headers.get('access-control-allow-origin'), null)
  const plain = await serve(t, { 1: [module] })
  const without = await fetch(`${plain.url}/1/test/v1/hello`, { headers: { origin: 'https://app.example.com' } })
  assert.equal(without.headers.get('access-control-allow-origin'), null)
})

test('every answer has a request id; one that the client sends is kept if it is harmless', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  const ids = async (given?: string) => {
    const response = await fetch(`${url}/1/test/v1/id`, given ? { headers: { 'x-request-id': given } } : {})
    return [response.headers.get('x-request-id'), ((await response.json()) as { id: string }).id]
  }
  const [made, seen] = await ids()
  assert.match(made ?? '', /^[\w-]{12}-[0-9a-z]+$/)
  assert.equal(seen, made)
  assert.deepEqual(await ids('trace-0123:abc'), ['trace-0123:abc', 'trace-0123:abc'])
  for (const bad of ['short', 'has a space in it', `{"a":"${'x'.repeat(20)}"}`, 'x'.repeat(200)]) {
    assert.match((await ids(bad))[0] ?? '', /^[\w-]{12}-[0-9a-z]+$/, bad)
  }
})

test('one log line a request: tenant, module, version, path, status, time', async (t) => {
  const { url, lines } = await serve(t, { 1: [module] })
  await fetch(`${url}/1/test/v1.2/hello?token=secret`, { headers: { 'x-request-id': 'trace-0123' } })
  await fetch(`${url}/2/test/v1/hello`)
  await fetch(`${url}/1/test/v1/stream`)
  await fetch(`${url}/health/live`)
  const shown = lines.map(({ requestId, tenant, module, version, method, url, status, code }) => ({
    requestId: requestId === 'trace-0123',
    line: [tenant, module, version, method, url, status, code],
  }))
  assert.deepEqual(shown, [
    { requestId: true, line: [1, 'test@v1', '1.2', 'GET', '/1/test/v1.2/hello', 200, undefined] },
    { requestId: false, line: [2, 'test@v1', '1', 'GET', '/2/test/v1/hello', 404, 'TENANT_UNKNOWN'] },
    { requestId: false, line: [1, 'test@v1', '1', 'GET', '/1/test/v1/stream', 200, undefined] },
  ])
  assert.ok(lines.every((line) => typeof line.ms === 'number' && line.ms >= 0))
})

test('a module reaches its own tenant by inject', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  assert.deepEqual(await (await fetch(`${url}/1/test/v1/injected`)).json(), { hello: 'world' })
})

test('a request in absolute form reaches the tenant', async (t) => {
  const { url } = await serve(t, { 1: [module] })
  const status = await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const outgoing = rawRequest({ hostname, port, path: 'http://example.com/1/test/v1/hello' }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    outgoing.on('error', reject).end()
  })
  assert.equal(status, 200)
})
