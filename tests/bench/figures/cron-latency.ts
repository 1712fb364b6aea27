import type { MariaDb } from '../../support/mariadb.js'
import { until } from '../../support/until.js'
import { command, makeAppRoot } from '../app-root.js'
import { type ChildServer, startChild } from '../child-server.js'
import { type Figure, measureInTurn, ratioFigure } from '../pairs.js'
import { p99AtSteadyRate } from '../steady-load.js'
import { addTenants, migrateTenants, openBenchKernel } from '../tenants.js'

const ROUNDS = 5
const LOAD = { perSecond: 200, seconds: 5 }
/** A job spins longer than its round measures. */
const SPIN_SECONDS = 10
const TOKEN = 'the ops token of the benchmark'

const module = `
import { defineModule, defineTable, int } from 'm3saas'
export const starts = defineTable('busy_starts', { columns: { round: int() } })
export const busy = defineModule({
  name: 'busy', version: 1, tables: [starts],
  routes(app, { sql }) {
    app.get('/millisecond', async () => {
      const end = performance.now() + 1
      while (performance.now() < end);
      return { busy: 1 }
    })
    app.get('/starts', async () => (await sql\`SELECT COUNT(*) AS number FROM busy_starts\`)[0])
  },
})
`
const cronFile = `
import { defineCronjobs } from 'm3saas'
export default defineCronjobs({
  spin: { timeoutSeconds: ${SPIN_SECONDS}, run: async ({ sql }) => {
    await sql.run\`INSERT INTO busy_starts (round) VALUES (1)\`
    for (;;);
  } },
})
`

/** A route that keeps the main thread busy for a millisecond, while a job in the same process spins its own thread. */
export async function cronLatency(server: MariaDb): Promise<Figure[]> {
  const app = await makeAppRoot(
    { busy: module },
    {
      database: { server, name: 'bench_cron_latency' },
      config: { ops: { token: TOKEN }, cron: { enabled: false } },
      cronFiles: { busy: cronFile },
    },
  )
  const kernel = await openBenchKernel(app)
  await addTenants(kernel, 1, ['busy'], 'bench_cron_latency_')
  await migrateTenants(kernel, 1)
  await kernel.close()
  const child = await startChild([command, 'start', '--json', '--root', app.root], { CONFIG_FILE: app.configFile })
  try {
    const route = `${child.url}/1/busy/v1/millisecond`
    await p99AtSteadyRate(route, LOAD)
    const pair = await measureInTurn(
      ROUNDS,
      Math.min,
      () => p99AtSteadyRate(route, LOAD),
      () => whileSpinning(child, () => p99AtSteadyRate(route, LOAD)),
    )
    return [
      ratioFigure('p99 of a route busy for 1 ms while a job spins its thread, against no job', pair, 'ms', {
        most: 1.3,
      }),
    ]
  } finally {
    await child.stop()
    await app.remove()
  }
}

/** Measures once the job spins, and waits for its end at its time limit afterwards. */
async function whileSpinning({ url }: ChildServer, measure: () => Promise<number>): Promise<number> {
  const starts = async () =>
    Number(((await (await fetch(`${url}/1/busy/v1/starts`)).json()) as { number: unknown }).number)
  const before = await starts()
  let ended = false
  const run = fetch(`${url}/1/cron/busy@v1/spin`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } })
    .then((answer) => answer.json() as Promise<{ outcome?: string }>)
    .finally(() => {
      ended = true
    })
  await until(async () => ended || (await starts()) > before, 'the job begins')
  const measured = await measure()
  if (ended) throw new Error(`the job ended too early: ${JSON.stringify(await run)}`)
  const { outcome } = await run
  if (outcome !== 'timed_out') throw new Error(`the job ended as ${outcome}`)
  return measured
}
