import assert from 'node:assert/strict'
import { test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import { serve, TOKEN } from '../serving.js'

const headers = { authorization: `Bearer ${TOKEN}` }

test('GET tells what can be pruned and POST prunes it, of the catalog and of a tenant', async (t) => {
  const { url } = await serve(t, {})
  for (const [prefix, target] of [
    ['', 'catalog'],
    ['/7', 7],
  ]) {
    for (const method of ['GET', 'POST']) {
      const response = await fetch(`${url}${prefix}/migrate/prune`, { method, headers })
      assert.deepEqual([response.status, await response.json()], [200, { target, confirmed: method === 'POST' }])
    }
  }
  const put = await fetch(`${url}/7/migrate/prune`, { method: 'PUT', headers })
  const padded = await fetch(`${url}/07/migrate/prune`, { headers })
  assert.deepEqual([put.status, padded.status], [404, 404])
})

test('nothing is pruned without the token, by a query that is not understood, or while another has the lock', async (t) => {
  let runs = 0
  const prune = async () => {
    runs++
    throw new M3Error('LOCKED', 'Another migration of it is running')
  }
  const { url } = await serve(t, {}, { ops: { prune } })
  const statusOf = async (query: string, init: RequestInit) =>
    (await fetch(`${url}/1/migrate/prune${query}`, { method: 'POST', ...init })).status
  assert.equal(await statusOf('', {}), 401)
  assert.equal(await statusOf('?tables=true', { headers }), 400)
  assert.equal(runs, 0)
  assert.equal(await statusOf('', { headers }), 409)
  assert.equal(runs, 1)
})
