import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { type App, startApp } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { seedFiles } from '../support/seeds.js'
import { until } from '../support/until.js'

const LIVE = 3
const TENANTS = 12

const source = `import { defineModule, defineTable, varchar } from 'm3saas'
const visits = defineTable('visits', { columns: { who: varchar(20) } })
export const book = defineModule({
  name: 'book', version: 1, tables: [visits],
  routes(app, { table, tenant }) {
    app.post('/', async () => {
      await table(visits).create({ who: 'somebody' })
      return { tenant: tenant.id, visits: await table(visits).count() }
    })
  },
})
`

let app: App
const released: (() => Promise<void>)[] = []
before(async () => {
  const ids = Array.from({ length: TENANTS }, (_, i) => i + 1)
  const root = await makeAppRoot(
    { after: (undo) => void released.push(undo) },
    {
      'package.json': '{"type":"module"}',
      'plugins/book/v1/book.module.mjs': source,
      ...seedFiles({
        tenants: ids.map((id) => ({ id, name: `lru_${id}`, user: `lru_${id}`, password: 'plain' })),
        modules: [{ id: 1, name: 'book' }],
        subscriptions: ids.map((id) => ({ id, tenant_id: id, module_id: 1, version: 1 })),
      }),
    },
  )
  app = await startApp({ root, config: { limits: { liveTenants: LIVE } } })
})
after(async () => {
  await app.close()
  for (const undo of released) await undo()
})

const visit = async (id: number) => {
  const { status, body } = await clientOf(app.url)('POST', `/${id}/book/v1`)
  return { status, ...(body as { tenant: number; visits: number }) }
}
const goneTenants = () => app.log.filter(({ reason }) => reason === 'too many live tenants').map(({ tenant }) => tenant)

test('the least recently used tenant is released when there are too many, and answers when it is called again', async () => {
  for (const id of [1, 2, 3]) assert.deepEqual(await visit(id), { status: 200, tenant: id, visits: 1 })
  assert.deepEqual(await visit(1), { status: 200, tenant: 1, visits: 2 })
  assert.equal(app.kernel.registry.size, LIVE)
  assert.deepEqual(await visit(4), { status: 200, tenant: 4, visits: 1 })
  await until(() => goneTenants().length > 0, 'one is released')
  assert.deepEqual(goneTenants(), [2])
  assert.deepEqual(await visit(2), { status: 200, tenant: 2, visits: 2 })
  await until(() => goneTenants().length > 1, 'another one is released')
  assert.deepEqual([goneTenants(), app.kernel.registry.size], [[2, 3], LIVE])
})

test('more callers of more tenants than may be live are all answered, and lose nothing', async () => {
  const before = new Map<number, number>()
  for (let id = 1; id <= TENANTS; id++) before.set(id, (await visit(id)).visits)
  const rounds = 10
  const callers = Array.from({ length: TENANTS }, async (_, i) => {
    const answers: number[] = []
    for (let round = 0; round < rounds; round++) answers.push((await visit(i + 1)).status)
    return answers
  })
  const answers = (await Promise.all(callers)).flat()
  assert.deepEqual([...new Set(answers)], [200])
  assert.ok(app.kernel.registry.size <= LIVE)
  for (let id = 1; id <= TENANTS; id++) assert.equal((await visit(id)).visits, (before.get(id) ?? 0) + rounds + 1)
})
