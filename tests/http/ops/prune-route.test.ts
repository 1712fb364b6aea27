import assert from 'node:assert/strict'
import { test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import { pruneChoiceOf } from '../../../kernel/http/ops/prune-query.js'
import { rejection } from '../../support/schemas.js'
import { serve, TOKEN } from '../serving.js'

const headers = { authorization: `Bearer ${TOKEN}` }

test('GET tells what can be pruned and POST prunes it, of the catalog and of a tenant', async (t) => {
  const { url } = await serve(t, {})
  for (const [prefix, target] of [
    ['', 'catalog'],
    ['/7', 7],
  ]) {
    for (const method of ['GET', 'POST']) {
      const ask = async (query = '') => {
        const response = await fetch(`${url}${prefix}/migrate/prune${query}`, { method, headers })
        return [response.status, await response.json()]
      }
      const confirmed = method === 'POST'
      assert.deepEqual(await ask(), [200, { target, tables: true, copies: true, confirmed }])
      assert.deepEqual(await ask('?olderThan=30'), [
        200,
        { target, tables: false, copies: true, olderThan: 30, confirmed },
      ])
      assert.deepEqual(await ask('?tables=true'), [200, { target, tables: true, copies: false, confirmed }])
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
  assert.equal(await statusOf('?table=true', { headers }), 400)
  assert.equal(runs, 0)
  assert.equal(await statusOf('', { headers }), 409)
  assert.equal(runs, 1)
})

test('all that is wrong with a query is told', async () => {
  assert.deepEqual(pruneChoiceOf({ tables: 'false', copies: 'true', olderThan: '0' }), {
    tables: false,
    copies: true,
    olderThan: 0,
  })
  const query = { tables: 'yes', copies: ['true', 'true'], olderThan: '-1', days: '3' }
  const { faults } = await rejection('VALIDATION_FAILED', (async () => pruneChoiceOf(query))())
  assert.deepEqual(
    faults.map(({ path, message }) => `${path} ${message}`),
    [
      'tables must be true or false',
      'copies must be true or false',
      'olderThan must be a whole number of days, from 0 to 36500',
      'days is not known; known are tables, copies, olderThan',
    ],
  )
})
