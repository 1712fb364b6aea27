import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, errorCatalogue, M3Error } from '../../../kernel/errors.js'
import type { OpsActions } from '../../../kernel/http/ops/ops-routes.js'
import { clientOf } from '../../support/client.js'
import { gate } from '../../support/gate.js'
import { NO_OPS, serve, TOKEN } from '../serving.js'

const withBackups = (backups: Partial<OpsActions['backups']>) => ({
  ops: { backups: { ...NO_OPS.backups, ...backups } },
})
const NAME = 'shop-2026-11-27T21-02-03.456Z.backup.gz'

const routes: readonly (readonly [string, string, number, unknown])[] = [
  ['POST', '/backups', 201, { name: 'one', target: 'catalog', reason: 'manual' }],
  ['POST', '/7/backups?format=sql', 201, { name: 'one', target: 7, reason: 'manual', format: 'sql' }],
  ['GET', '/backups', 200, [{ target: 'catalog' }]],
  ['GET', '/7/backups', 200, [{ target: 7 }]],
  ['GET', '/backups/files', 200, [{}]],
  ['GET', '/7/backups/history?most=3', 200, [{ target: 7, most: 3 }]],
  ['GET', '/backups/history', 200, [{ target: 'catalog', most: 20 }]],
  ['POST', '/backups/restore', 200, { from: 'catalog' }],
  [
    'POST',
    '/7/backups/restore?at=2026-11-27&as=copy&subscriptions=none&dryRun=true',
    200,
    { from: 7, at: '2026-11-27', as: { newTenant: 'copy' }, subscriptions: 'none', dryRun: true },
  ],
  ['POST', '/7/backups/restore?as=8', 200, { from: 7, as: 8 }],
]

for (const [method, path, expected, answer] of routes) {
  test(`${method} ${path} asks for what it says, below the sub-directory and with the token alone`, async (t) => {
    const { url } = await serve(t, {}, { subDirectory: 'api' })
    const ask = clientOf(`${url}/api`)
    const { status, body } = await ask(method, path, { token: TOKEN })
    assert.deepEqual([status, body], [expected, answer])
    assert.equal((await ask(method, path)).status, 401)
    assert.equal((await ask(method, path, { token: `${TOKEN}x` })).status, 403)
  })
}

test('a backup is downloaded as it is, and deleted', async (t) => {
  const { url } = await serve(t, {})
  const headers = { authorization: `Bearer ${TOKEN}` }
  const answer = await fetch(`${url}/7/backups/${NAME}`, { headers })
  assert.deepEqual(
    ['content-type', 'content-disposition', 'content-length'].map((name) => answer.headers.get(name)),
    ['application/gzip', `attachment; filename="${NAME}"`, String(`7 ${NAME}`.length)],
  )
  assert.equal(await answer.text(), `7 ${NAME}`)
  const deleted = await fetch(`${url}/backups/${NAME}`, { method: 'DELETE', headers })
  assert.deepEqual([deleted.status, await deleted.text()], [204, ''])
})

test('a backup of all is told as it goes', async (t) => {
  const { url } = await serve(t, {})
  const answer = await fetch(`${url}/backups/all`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } })
  assert.deepEqual(
    [answer.headers.get('content-type'), await answer.text()],
    ['application/x-ndjson', '{"event":"summary"}\n'],
  )
})

for (const [method, path, faults] of [
  ['POST', '/7/backups?format=zip', ['format must be archive or sql']],
  ['POST', '/7/backups?fomat=sql', ['fomat is not known; known are format']],
  ['GET', '/7/backups?all=true', ['all is not known; none is']],
  ['GET', '/7/backups/history?most=0', ['most must be a whole number from 1 to 1000']],
  [
    'POST',
    '/7/backups/restore?at=&as=no-name&subscriptions=all&dryRun=1',
    [
      'at must be a date or the name of a backup',
      'as must be the id of a tenant, or a name for a new one',
      'subscriptions must be copy or none',
      'dryRun must be true or false',
    ],
  ],
  ['POST', '/7/backups/restore?as=1&as=2', ['as must be the id of a tenant, or a name for a new one']],
] as const) {
  test(`${method} ${path} is refused with every fault`, async (t) => {
    const { url } = await serve(t, {})
    const { status, body } = await clientOf(url)(method, path, { token: TOKEN })
    const problem = body as { code: string; errors?: { path: string; message: string }[] }
    assert.deepEqual([status, problem.code], [400, 'VALIDATION_FAILED'])
    assert.match(
      JSON.stringify(problem),
      new RegExp(faults.map((fault) => fault.replace(/^(\S+) /, '.*$1.*')).join('.*')),
    )
  })
}

test('whatever an action refuses is a problem with its code', async (t) => {
  const codes: ErrorCode[] = [
    'BACKUP_UNKNOWN',
    'BACKUP_INVALID',
    'BACKUP_FAILED',
    'RESTORE_REFUSED',
    'RESTORE_FAILED',
    'LOCKED',
  ]
  let code: ErrorCode = 'DATABASE_UNAVAILABLE'
  const refuse = () => Promise.reject(new M3Error(code, 'it is so'))
  const refusing = { create: refuse, list: refuse, history: refuse, open: refuse, remove: refuse, restore: refuse }
  const { url } = await serve(t, {}, withBackups(refusing))
  for (code of codes) {
    for (const [method, path] of [
      ['POST', '/backups'],
      ['GET', '/7/backups'],
      ['GET', `/7/backups/${NAME}`],
      ['DELETE', `/7/backups/${NAME}`],
      ['POST', '/7/backups/restore'],
    ] as const) {
      const { status, body } = await clientOf(url)(method, path, { token: TOKEN })
      const problem = body as { code: string; detail: string }
      assert.deepEqual([status, problem.code, problem.detail], [errorCatalogue[code].status, code, 'it is so'], path)
    }
  }
})

test('a client that leaves ends what it asked for', async (t) => {
  const { opened, open } = gate()
  const { opened: begun, open: begin } = gate()
  const { url } = await serve(
    t,
    {},
    withBackups({
      async create(_target, { signal }) {
        begin()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        open()
        return { name: 'one' }
      },
    }),
  )
  const leaving = new AbortController()
  const asked = fetch(`${url}/7/backups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    signal: leaving.signal,
  })
  await begun
  leaving.abort()
  await assert.rejects(asked)
  await opened
})
