import { readFileSync } from 'node:fs'
import type { MariaDb } from '../../support/mariadb.js'
import { benchModule, command, connectionOf, makeAppRoot, repository } from '../app-root.js'
import { startChild } from '../child-server.js'
import { type Figure, measureInTurn, ratioFigure, show } from '../pairs.js'
import { addTenants, migrateTenants, openBenchKernel } from '../tenants.js'

const ROUNDS = 5

/** Time until the server says that it serves, and its memory then, with 10 and with 10,000 tenants in the catalog. */
export async function startUpWithManyTenants(server: MariaDb): Promise<Figure[]> {
  const apps = await Promise.all(
    [10, 10_000].map(async (count) => {
      const app = await makeAppRoot({ bench: benchModule }, { database: { server, name: `bench_catalog_${count}` } })
      const kernel = await openBenchKernel(app)
      await addTenants(kernel, count, ['bench'])
      await kernel.close()
      return app
    }),
  )
  const [few, many] = apps
  if (!few || !many) throw new Error('no app roots')
  const memory = new Map<string, number[]>()
  const start = async (app: typeof few) => {
    const started = performance.now()
    const child = await startChild([command, 'start', '--json', '--root', app.root], { CONFIG_FILE: app.configFile })
    const ms = performance.now() - started
    memory.set(app.root, [...(memory.get(app.root) ?? []), residentMegabytes(child.pid)])
    await child.stop()
    return ms
  }
  const pair = await measureInTurn(
    ROUNDS,
    Math.min,
    () => start(few),
    () => start(many),
  )
  const least = (app: typeof few) => Math.min(...(memory.get(app.root) ?? []))
  const more = least(many) - least(few)
  await Promise.all(apps.map((app) => app.remove()))
  return [
    ratioFigure('start-up, 10,000 tenants against 10: time', pair, 'ms', { most: 1.25 }),
    {
      name: 'start-up, 10,000 tenants against 10: memory',
      ours: show(least(many), 'MB'),
      bare: show(least(few), 'MB'),
      result: `${more >= 0 ? '+' : ''}${more.toFixed(1)} MB`,
      reach: '≤ +20 MB',
      reached: more <= 20,
    },
  ]
}

/** Time from starting the process to the first answer of a tenant, against bare Fastify and mysql2. */
export async function firstAnswer(server: MariaDb): Promise<Figure[]> {
  const app = await makeAppRoot({ bench: benchModule }, { database: { server, name: 'bench_first' } })
  const kernel = await openBenchKernel(app)
  await addTenants(kernel, 1, ['bench'])
  await migrateTenants(kernel, 1)
  await kernel.close()
  const timed = async (args: readonly string[], env: Record<string, string>, path: string) => {
    const started = performance.now()
    const child = await startChild(args, env)
    const answer = await fetch(`${child.url}${path}`)
    const rows = (await answer.json()) as unknown[]
    const ms = performance.now() - started
    if (answer.status !== 200 || rows.length !== 20) throw new Error(`${path} answered ${answer.status}`)
    await child.stop()
    return ms
  }
  const database = connectionOf(server, 'bench_1')
  const bareEnv = { BENCH_ROUTES: 'sql', BENCH_DATABASE: database }
  const pair = await measureInTurn(
    ROUNDS,
    Math.min,
    () => timed([`${repository}/dist/tests/bench/servers/bare.js`], bareEnv, '/sql'),
    () => timed([command, 'start', '--json', '--root', app.root], { CONFIG_FILE: app.configFile }, '/1/bench/v1/sql'),
  )
  await app.remove()
  return [ratioFigure('start-up to the first answer of a tenant', pair, 'ms', { most: 2 })]
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}
