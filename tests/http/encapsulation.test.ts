import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { pino } from 'pino'
import { int, varchar } from '../../kernel/contract/columns.js'
import { defineModule } from '../../kernel/contract/define-module.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { M3Error } from '../../kernel/errors.js'
import { httpDefaults, MemoryTenants, serve } from './serving.js'

const shared = { $id: 'item', type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
const loud = defineModule({
  name: 'loud',
  version: 1,
  routes(app, { tenant }) {
    app.addSchema(shared)
    app.decorate('loudest', tenant.id)
    app.decorateRequest('volume', tenant.id)
    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('x-loud', String(tenant.id))
      done()
    })
    app.addHook('onRoute', (route) => {
      if (!route.url.startsWith('/loud/')) throw new Error(`saw a route of another module: ${route.url}`)
    })
    app.addContentTypeParser('application/loud', (_request, _payload, done) => done(null, 'LOUD'))
    app.setErrorHandler((error: Error, _request, reply) => reply.code(418).send({ loud: error.message }))
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ loud: 'not here' }))
    app.register(fp(async (inner: FastifyInstance) => void inner.addHook('preHandler', async () => {})))
    app.get('/', async () => {
      throw new Error('boom')
    })
    app.post(
      '/',
      { schema: { body: { $ref: 'item#' }, response: { 200: { $ref: 'item#' } } } },
      (request) => request.body,
    )
  },
})
const quiet = defineModule({
  name: 'quiet',
  version: 1,
  routes(app) {
    app.get('/', (request) => ({
      decorated: app.hasDecorator('loudest'),
      requested: 'volume' in request,
      schema: app.getSchema('item') ?? null,
    }))
    app.post('/', () => ({}))
    app.get('/boom', async () => {
      throw new Error('boom')
    })
  },
})

test('hooks, decorators, schemas, parsers and handlers of a module reach no other module and no other tenant', async (t) => {
  const { url } = await serve(t, { 1: [loud, quiet], 2: [quiet], 3: [loud] })
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(url + path, init)
    return {
      status: response.status,
      loud: response.headers.get('x-loud'),
      body: (await response.json()) as Record<string, unknown>,
    }
  }
  assert.deepEqual(await get('/1/loud/v1'), { status: 418, loud: '1', body: { loud: 'boom' } })
  assert.deepEqual(await get('/3/loud/v1'), { status: 418, loud: '3', body: { loud: 'boom' } })
  assert.deepEqual((await get('/1/loud/v1/none')).body, { loud: 'not here' })
  for (const tenant of [1, 2]) {
    assert.deepEqual(await get(`/${tenant}/quiet/v1`), {
      status: 200,
      loud: null,
      body: { decorated: false, requested: false, schema: null },
    })
    assert.equal((await get(`/${tenant}/quiet/v1/boom`)).body.code, 'INTERNAL')
    assert.equal((await get(`/${tenant}/quiet/v1/none`)).body.code, 'NOT_FOUND')
    const parsed = await get(`/${tenant}/quiet/v1`, {
      method: 'POST',
      headers: { 'content-type': 'application/loud' },
      body: 'x',
    })
    assert.equal(parsed.status, 415)
  }
})

test('schemas that refer to those of app.addSchema validate and serialize, in every tenant', async (t) => {
  const { url } = await serve(t, { 1: [loud], 2: [loud] })
  for (const tenant of [1, 2]) {
    const post = (body: string) =>
      fetch(`${url}/${tenant}/loud/v1`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    assert.deepEqual(
      await (await post('{"n":1,"more":2}')).json(),
      { n: 1 },
      'what the response schema leaves out is left out',
    )
    assert.equal((await post('{"n":"x"}')).status, 418)
  }
})

test('the schemas of a table serve routes: passwords stay inside, unknown fields are refused', async (t) => {
  const notes = defineTable('notes', { columns: { title: varchar(10), stars: int().nullable() } })
  const module = defineModule({
    name: 'notes',
    version: 1,
    tables: [notes],
    routes(app) {
      app.get('/', { schema: { response: { 200: notes.schema.rows } } }, () => [
        { id: 1, title: 'a', stars: null, x: 1 },
      ])
      app.post('/', { schema: { body: notes.schema.insert } }, (request) => request.body)
      app.put('/', { schema: { body: notes.schema.update } }, (request) => request.body)
    },
  })
  const { url } = await serve(t, { 1: [module] })
  const send = async (method: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/1/notes/v1`, { method, headers, body: JSON.stringify(body) })
    return [response.status, (await response.json()) as { errors?: unknown }] as const
  }
  assert.deepEqual(await (await fetch(`${url}/1/notes/v1`)).json(), [{ id: 1, title: 'a', stars: null }])
  assert.deepEqual(await send('POST', { title: 'a', stars: 5 }), [200, { title: 'a', stars: 5 }])
  const [status, problem] = await send('POST', { title: 'longer than ten', stars: 'many', colour: 'red' })
  assert.equal(status, 400)
  assert.deepEqual(problem.errors, [
    { path: 'colour', message: 'is not known' },
    { path: 'title', message: 'must NOT have more than 10 characters' },
    { path: 'stars', message: 'must be integer or null' },
  ])
  assert.equal((await send('PUT', {}))[0], 400)
})

const harmful: [string, (app: FastifyInstance) => unknown, RegExp][] = [
  ['app.close', (app) => app.close(), /must not call app\.close/],
  ['app.listen', (app) => app.listen({ port: 0 }), /must not call app\.listen/],
  [
    'app.addConstraintStrategy',
    (app) => app.addConstraintStrategy({} as never),
    /must not call app\.addConstraintStrategy/,
  ],
  ['app.addHttpMethod', (app) => app.addHttpMethod('PURGE'), /must not call app\.addHttpMethod/],
  ['app.server.close', (app) => app.server.close(), /app\.server belongs to the kernel/],
  ['app.server.on', (app) => app.server.on('request', () => {}), /app\.server belongs to the kernel/],
]

test('a module cannot reach the server or end its tenant', async () => {
  const log = pino({ level: 'silent' })
  for (const [name, harm, reason] of harmful) {
    const module = defineModule({ name: 'bad', version: 1, routes: async (app) => void (await harm(app)) })
    const tenants = new MemoryTenants({ 1: [module] }, { config: { http: httpDefaults }, log })
    await assert.rejects(tenants.build(1), (error: M3Error) => {
      assert.equal(error.code, 'TENANT_UNAVAILABLE', name)
      assert.match(error.faults[0]?.message ?? '', reason)
      assert.equal(error.faults[0]?.path, 'bad@v1')
      return true
    })
  }
})

test('a handler that tries to close its tenant fails alone', async (t) => {
  const module = defineModule({
    name: 'test',
    version: 1,
    routes(app) {
      app.get('/close', async () => void (await app.close()))
      app.get('/', () => 'alive')
    },
  })
  const { url } = await serve(t, { 1: [module] })
  assert.equal((await fetch(`${url}/1/test/v1/close`)).status, 500)
  assert.equal(await (await fetch(`${url}/1/test/v1`)).text(), 'alive')
})
