import type { MariaDb } from '../../support/mariadb.js'
import { benchModule, command, connectionOf, makeAppRoot, repository } from '../app-root.js'
import { startChild } from '../child-server.js'
import { requestsPerSecond } from '../load.js'
import { type Figure, measureInTurn, ratioFigure } from '../pairs.js'
import { addTenants, migrateTenants, openBenchKernel } from '../tenants.js'

const SECONDS = 6
const ROUNDS = 3
const TENANTS = 200
const KINDS = [
  ['hello', 'one route', 0.95],
  ['sql', '20 rows through sql', 0.9],
  ['models', '20 rows through findAll', 0.95],
] as const
type Kind = (typeof KINDS)[number]

/** Requests a second of three routes, with 1 and with 200 live tenants, against bare Fastify doing the same. */
export async function throughput(server: MariaDb): Promise<Figure[]> {
  const app = await makeAppRoot({ bench: benchModule }, { database: { server, name: 'bench_throughput' } })
  try {
    const kernel = await openBenchKernel(app)
    await addTenants(kernel, TENANTS, ['bench'])
    await migrateTenants(kernel, TENANTS)
    await kernel.close()
    const database = connectionOf(server, 'bench_1')
    const bareEnv = { BENCH_ROUTES: 'hello,sql,models', BENCH_DATABASE: database }
    const ourEnv = { CONFIG_FILE: app.configFile, M3SAAS_ROOT: app.root }
    const quiet = await withServers(bareEnv, ourEnv, 'inherit', (bare, ours) => measureKinds(KINDS, bare, ours, ''))
    const logging = await app.configure({ log: { level: 'info' } })
    const loud = await withServers(
      { ...bareEnv, BENCH_LOG: '1' },
      { CONFIG_FILE: logging, M3SAAS_ROOT: app.root },
      'ignore',
      (bare, ours) => measureKinds(KINDS.slice(0, 1), bare, ours, ', both logging'),
    )
    return [...quiet, ...loud]
  } finally {
    await app.remove()
  }
}

async function withServers<T>(
  bareEnv: Readonly<Record<string, string>>,
  ourEnv: Readonly<Record<string, string>>,
  log: 'inherit' | 'ignore',
  measure: (bare: string, ours: string) => Promise<T>,
): Promise<T> {
  const bare = await startChild([`${repository}/dist/tests/bench/servers/bare.js`], bareEnv, log)
  const ours = await startChild([command, 'start', '--json'], ourEnv, log)
  try {
    return await measure(bare.url, ours.url)
  } finally {
    await ours.stop()
    await bare.stop()
  }
}

async function measureKinds(kinds: readonly Kind[], bare: string, ours: string, how: string): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [route, name, least] of kinds) {
    for (const tenants of [1, TENANTS]) {
      const urls = Array.from({ length: tenants }, (_, i) => `${ours}/${i + 1}/bench/v1/${route}`)
      const bareUrls = [`${bare}/${route}`]
      await requestsPerSecond(urls, 2)
      await requestsPerSecond(bareUrls, 2)
      const pair = await measureInTurn(
        ROUNDS,
        Math.max,
        () => requestsPerSecond(bareUrls, SECONDS),
        () => requestsPerSecond(urls, SECONDS),
      )
      figures.push(ratioFigure(`requests/s of ${name}, ${tenants} live${how}`, pair, 'req/s', { least }))
    }
  }
  return figures
}
