import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import type { Kernel } from '../../../kernel/kernel.js'
import { startServer } from '../../../kernel/server.js'
import { makeAppRoot } from '../app-root.js'
import { type Figure, median, show } from '../pairs.js'
import { addTenants, openBenchKernel } from '../tenants.js'

const TENANTS = 200
const HALF = TENANTS / 2
const MODULES = ['m1', 'm2', 'm3', 'm4', 'm5']

/** A module of 5 routes and 2 tables, as the figures ask for; `touch` uses one of the tables. */
const moduleSource = (name: string) => `
import { defineModule, defineTable, int, text, varchar, email, datetime, now } from 'm3saas'
const columns = { title: varchar(100), body: text().nullable(), score: int().default(0), owner: email().nullable(), created_at: datetime().default(now) }
const first = defineTable('${name}_first', { columns, indexes: [['owner']] })
const second = defineTable('${name}_second', { columns: { ...columns, first_id: int().unsigned().references(first) } })
export default defineModule({
  name: '${name}', version: 1, tables: [first, second],
  routes(app, { table }) {
    app.get('/', { schema: { response: { 200: first.schema.rows } } }, () => table(first).findAll())
    app.get('/touch', async () => ({ rows: (await table(first).findAll()).length }))
    app.post('/', { schema: { body: first.schema.insert, response: { 201: first.schema.row } } }, async (request, reply) => reply.code(201).send(await table(first).create(request.body)))
    app.put('/:id', { schema: { body: first.schema.update, params: { type: 'object', properties: { id: { type: 'integer' } } } } }, async (request) => table(first).update(request.body, { where: { id: request.params.id } }))
    app.delete('/:id', async (request, reply) => { await table(first).destroy({ where: { id: request.params.id } }); return reply.code(204).send() })
  },
})
`

/** Building a cold, migrated tenant of 5 modules × 5 routes × 2 tables, and the heap that a live one holds. */
export async function liveTenant(): Promise<Figure[]> {
  const app = await makeAppRoot(Object.fromEntries(MODULES.map((name) => [name, moduleSource(name)])), {
    config: {
      autoMigration: false,
      http: { port: 0 },
      limits: { connectionIdleSeconds: 0.1, tenantIdleSeconds: 3600 },
    },
  })
  const kernel = await openBenchKernel(app)
  try {
    await kernel.runMode('catalog', 'migrate')
    await addTenants(kernel, TENANTS, MODULES)
    for (let id = 1; id <= TENANTS; id++) await kernel.runMode(id, 'migrate')
    const server = await startServer(kernel)
    try {
      const times: number[] = []
      for (let id = 1; id <= HALF; id++) {
        const started = performance.now()
        await kernel.registry.build(id)
        times.push(performance.now() - started)
      }
      // The first tenants load Sequelize and compile what all share: neither is a tenant's own.
      await useTables(kernel, server.url, 1, HALF)
      const before = heapUsed()
      for (let id = HALF + 1; id <= TENANTS; id++) await kernel.registry.build(id)
      await useTables(kernel, server.url, HALF + 1, TENANTS)
      const each = (heapUsed() - before) / HALF / 1024
      const plain = await plainFastifyKilobytes()
      const ms = median(times)
      return [
        {
          name: 'building a cold, migrated tenant of 5 × 5 × 2: median',
          ours: show(ms, 'ms'),
          bare: '',
          result: show(ms, 'ms'),
          reach: '≤ 10 ms',
          reached: ms <= 10,
        },
        {
          name: 'heap a live tenant, 3 tables used, no connection (bare: the 25 routes alone)',
          ours: show(each, 'KB'),
          bare: show(plain, 'KB'),
          result: show(each, 'KB'),
          reach: '≤ 300 KB',
          reached: each <= 300,
        },
      ]
    } finally {
      await server.close()
    }
  } finally {
    await kernel.close()
    await app.remove()
  }
}

/** One request to each of three modules of the tenants, then waits until their connections are closed. */
async function useTables(kernel: Kernel, url: string, from: number, to: number): Promise<void> {
  for (let id = from; id <= to; id++) {
    for (const module of MODULES.slice(0, 3)) {
      const answer = await fetch(`${url}/${id}/${module}/v1/touch`)
      if (answer.status !== 200) throw new Error(`tenant ${id} answered ${answer.status}: ${await answer.text()}`)
      await answer.arrayBuffer()
    }
  }
  while (kernel.budget.open > 0) await setTimeout(50)
}

/** The heap of a Fastify as it comes with the same 25 routes, in KB. */
async function plainFastifyKilobytes(): Promise<number> {
  const schema = { response: { 200: { type: 'object', properties: { id: { type: 'integer' } } } } }
  const make = async () => {
    const app = Fastify()
    for (let module = 0; module < 5; module++) {
      app.register(
        async (scope) => {
          scope.get('/', { schema }, async () => ({}))
          scope.get('/touch', { schema }, async () => ({}))
          scope.post('/', { schema }, async () => ({}))
          scope.put('/:id', { schema }, async () => ({}))
          scope.delete('/:id', { schema }, async () => ({}))
        },
        { prefix: `/m${module}/v1` },
      )
    }
    await app.ready()
    return app
  }
  const kept = [await make()]
  const before = heapUsed()
  for (let i = 0; i < 50; i++) kept.push(await make())
  const each = (heapUsed() - before) / 50 / 1024
  await Promise.all(kept.map((app) => app.close()))
  return each
}

function heapUsed(): number {
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  for (let i = 0; i < 4; i++) globalThis.gc()
  return process.memoryUsage().heapUsed
}
