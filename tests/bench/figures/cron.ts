import { fileURLToPath } from 'node:url'
import { readTenantPage } from '../../../kernel/catalog/tenant-pages.js'
import { catalogRules } from '../../../kernel/catalog/tenant-rules.js'
import type { Kernel } from '../../../kernel/kernel.js'
import type { MariaDb } from '../../support/mariadb.js'
import { makeAppRoot } from '../app-root.js'
import { resultOf, timeOfCommand } from '../child-run.js'
import type { BareInput, BareResult } from '../jobs/bare.js'
import type { OurInput, OurResult } from '../jobs/ours.js'
import { best, type Figure, measureInTurn, ratioFigure, show } from '../pairs.js'
import { addTenants, openBenchKernel } from '../tenants.js'

/** Fewer, by BENCH_TENANTS, for a look on the way. */
const TENANTS = Number(process.env.BENCH_TENANTS ?? 1000)
const FIRST = TENANTS / 10
const PARALLEL = 4
const ROUNDS = 2
const QUERY = 'SELECT COUNT(*) AS found FROM tidy_rows'

const module = `
import { defineModule, defineTable, varchar } from 'm3saas'
const rows = defineTable('tidy_rows', { columns: { title: varchar(100) } })
export const tidy = defineModule({ name: 'tidy', version: 1, tables: [rows] })
`
const cronFile = `
import { defineCronjobs } from 'm3saas'
export default defineCronjobs({ count: { run: ({ sql }) => sql\`${QUERY}\` } })
`

/** Cron jobs of 1,000 tenants, against bare Piscina and mysql2 that do the same. */
export async function cron(server: MariaDb): Promise<Figure[]> {
  const config = { cron: { parallel: PARALLEL } }
  const database = { server, name: 'bench_cron' }
  const app = await makeAppRoot({ tidy: module }, { database, config, cronFiles: { tidy: cronFile } })
  try {
    const kernel = await openBenchKernel(app)
    await addTenants(kernel, TENANTS, ['tidy'], 'bench_cron_')
    await migrateAll(kernel)
    const logins = await loginsOf(kernel)
    await kernel.close()

    let day = 0
    const noon = () => `2040-01-${String(day).padStart(2, '0')}T12:00:00Z`
    const memory: OurResult[] = []
    const bare = async () => {
      const result = await resultOf<BareResult>(script('bare'), {
        logins,
        query: QUERY,
        parallel: PARALLEL,
      } as BareInput)
      return perSecond(result)
    }
    const ours = async () => {
      day++
      const { root, configFile } = app
      const input: OurInput = { root, configFile, now: noon(), first: FIRST }
      const result = await resultOf<OurResult>(script('ours'), input)
      if (result.jobs !== TENANTS) throw new Error(`${result.jobs} jobs were run`)
      memory.push(result)
      return perSecond(result)
    }
    const jobs = await measureInTurn(ROUNDS, Math.max, bare, ours)
    const nothing = await best(3, () => timeOfCommand(app, ['cron', '--now', noon()]))
    return [
      ratioFigure(
        `jobs/s of ${TENANTS} tenants, ${PARALLEL} at a time, against bare Piscina and mysql2`,
        jobs,
        'jobs/s',
        {
          least: 0.8,
        },
      ),
      growth(memory),
      {
        name: `m3saas cron, ${TENANTS} tenants with nothing due: whole command`,
        ours: show(nothing, 'ms'),
        bare: '',
        result: show(nothing, 'ms'),
        reach: '≤ 5,000 ms',
        reached: nothing <= 5000,
      },
    ]
  } finally {
    await app.remove()
  }
}

async function migrateAll(kernel: Kernel): Promise<void> {
  for await (const event of kernel.migrateAll({}, new AbortController().signal)) {
    if (event.event === 'tenant' && event.outcome === 'failed') throw new Error(event.error?.message)
  }
}

/** How each tenant's user logs in. */
async function loginsOf({ config, engine }: Kernel): Promise<BareInput['logins']> {
  const rules = catalogRules(config, engine.catalog.name)
  const tenants = await readTenantPage(engine.catalog, { after: 0, limit: TENANTS }, rules)
  return tenants.map((tenant) => {
    const connection = engine.connectionOf(tenant)
    if (connection.kind !== 'mysql') throw new Error('the benchmark of cron jobs needs MariaDB')
    return { ...connection.login, database: connection.database }
  })
}

/** Of the round in which it grew most. */
function growth(rounds: readonly OurResult[]): Figure {
  const ratio = ({ first, last }: OurResult) => last / first
  const worst = rounds.reduce((a, b) => (ratio(b) > ratio(a) ? b : a))
  return ratioFigure(
    `memory after ${TENANTS} jobs, against after the first ${FIRST}`,
    { ours: worst.last, bare: worst.first },
    'MB',
    { most: 1.1 },
  )
}

function perSecond({ jobs, ms }: { readonly jobs: number; readonly ms: number }): number {
  return (jobs * 1000) / ms
}

function script(name: 'bare' | 'ours'): string {
  return fileURLToPath(new URL(`../jobs/${name}.js`, import.meta.url))
}
