import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { defineModule } from '../../kernel/contract/define-module.js'
import type { M3Error } from '../../kernel/errors.js'
import { createScopeBuilder } from '../../kernel/http/tenant-scope.js'
import { httpDefaults, runtimeOf, serve } from './serving.js'

const versioned = defineModule({
  name: 'test',
  version: 1,
  routes(app) {
    app.get('/version', (request) => ({
      text: request.fullVersion.text,
      parts: request.fullVersion.parts,
      url: request.url,
      originalUrl: request.originalUrl,
    }))
    app.get('/new', { constraints: { since: '1.1' } }, () => 'since 1.1')
    // Registered out of order on purpose.
    app.get('/variants/:id', { constraints: { since: '1.9' } }, () => 'since 1.9')
    app.get('/variants/:id', () => 'since the beginning')
    app.get('/variants/:id', { constraints: { since: '1.10.1' } }, () => 'since 1.10.1')
    app.get('/variants/:id', { constraints: { since: '1.4' } }, () => 'since 1.4')
  },
})

const table: [string, string, number | string][] = [
  ['1', '/new', 404],
  ['1.0.9', '/new', 404],
  ['1.1', '/new', 'since 1.1'],
  ['1.1.0', '/new', 'since 1.1'],
  ['1.2', '/new', 'since 1.1'],
  ['1.10', '/new', 'since 1.1'],
  ['1', '/variants/7', 'since the beginning'],
  ['1.3.99', '/variants/7', 'since the beginning'],
  ['1.4', '/variants/7', 'since 1.4'],
  ['1.8', '/variants/7', 'since 1.4'],
  ['1.9', '/variants/7', 'since 1.9'],
  ['1.10', '/variants/7', 'since 1.9'],
  ['1.10.0', '/variants/7', 'since 1.9'],
  ['1.10.1', '/variants/7', 'since 1.10.1'],
  ['1.99', '/variants/7', 'since 1.10.1'],
]

test('a request gets the newest variant of a route that is not newer than the version it asked for', async (t) => {
  const { url } = await serve(t, { 1: [versioned] })
  for (const [version, path, expected] of table) {
    const response = await fetch(`${url}/1/test/v${version}${path}`)
    const got = response.status === 200 ? await response.text() : response.status
    assert.equal(got, expected, `v${version}${path}`)
  }
})

test('a handler reads the full version and the URL as the client wrote it', async (t) => {
  const { url } = await serve(t, { 1: [versioned] }, { subDirectory: 'api/x' })
  const response = await fetch(`${url}/api/x/1/test/v1.0.1/version?a=%2F`)
  assert.deepEqual(await response.json(), {
    text: '1.0.1',
    parts: [1, 0, 1],
    url: '/test/v1/version?a=%2F',
    originalUrl: '/api/x/1/test/v1.0.1/version?a=%2F',
  })
  assert.equal((await fetch(`${url}/1/test/v1/version`)).status, 404, 'nothing is served beside the sub directory')
  assert.equal((await fetch(`${url}/api/xy/1/test/v1/version`)).status, 404)
})

test('a constraint that no request can meet is refused as the module registers', async () => {
  const build = createScopeBuilder({ config: { http: httpDefaults }, log: pino({ level: 'silent' }) })
  const reasons: [unknown, string][] = [
    ['2.0', 'test@v1: the route /test/v1/x has the constraint since: "2.0", which no request to v1 reaches'],
    ['1.x', `test@v1: the route /test/v1/x has the constraint since: "1.x", which is no version such as '1.1'`],
    [1.1, `test@v1: the route /test/v1/x has the constraint since: 1.1, which is no version such as '1.1'`],
  ]
  for (const [since, message] of reasons) {
    const module = defineModule({
      name: 'test',
      version: 1,
      routes(app) {
        app.get('/x', { constraints: { since: since as string } }, () => '')
      },
    })
    await assert.rejects(build(runtimeOf(1, [module])), (error: M3Error) => {
      assert.equal(error.code, 'TENANT_UNAVAILABLE')
      assert.deepEqual(error.faults[0], { path: 'test@v1', message })
      return true
    })
  }
})

test('two spellings of one version are the same route', async () => {
  const build = createScopeBuilder({ config: { http: httpDefaults }, log: pino({ level: 'silent' }) })
  for (const [one, other] of [
    ['1.1', '1.1.0'],
    ['1', undefined],
  ]) {
    const module = defineModule({
      name: 'test',
      version: 1,
      routes(app) {
        app.get('/x', { constraints: one ? { since: one } : {} }, () => '')
        app.get('/x', { constraints: other ? { since: other } : {} }, () => '')
      },
    })
    await assert.rejects(
      build(runtimeOf(1, [module])),
      (error: M3Error) => /already declared/.test(error.faults[0]?.message ?? ''),
      `${one} and ${other}`,
    )
  }
})
