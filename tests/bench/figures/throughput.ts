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

/**
 * Requests a second of three routes, with 1 and with 200 live tenants, against bare Fastify doing the same. Each pair has
 * two servers of its own: hundreds of connections that an earlier one left open would slow the next.
 */
export async function throughput(server: MariaDb): Promise<Figure[]> {
  const app = await makeAppRoot({ bench: benchModule }, { database: { server, name: 'bench_throughput' } })
  try {
    const kernel = await openBenchKernel(app)
    await addTenants(kernel, TENANTS, ['bench'])
    await migrateTenants(kernel, TENANTS)
    await kernel.close()
    const BENCH_DATABASE = connectionOf(server, 'bench_1')
    const logging = await app.configure({ log: { level: 'info' } })
    const figures: Figure[] = []
    for (const kind of KINDS) {
      for (const tenants of [1, TENANTS]) {
        const bare = { BENCH_ROUTES: kind[0], BENCH_DATABASE }
        figures.push(await measure(kind, tenants, '', bare, { CONFIG_FILE: app.configFile, M3SAAS_ROOT: app.root }))
      }
    }
    for (const tenants of [1, TENANTS]) {
      const bare = { BENCH_ROUTES: 'hello', BENCH_LOG: '1' }
      const ours = { CONFIG_FILE: logging, M3SAAS_ROOT: app.root }
      figures.push(await measure(KINDS[0], tenants, ', both logging', bare, ours))
    }
    return figures
  } finally {
    await app.remove()
  }
}

async function measure(
  [route, name, least]: Kind,
  tenants: number,
  how: string,
  bareEnv: Readonly<Record<string, string>>,
  ourEnv: Readonly<Record<string, string>>,
): Promise<Figure> {
  const log = how === '' ? 'inherit' : 'ignore'
  const bare = await startChild([`${repository}/dist/tests/bench/servers/bare.js`], bareEnv, log)
  const ours = await startChild([command, 'start', '--json'], ourEnv, log)
  try {
    const urls = Array.from({ length: tenants }, (_, i) => `${ours.url}/${i + 1}/bench/v1/${route}`)
    const bareUrls = [`${bare.url}/${route}`]
    await requestsPerSecond(urls, 2)
    await requestsPerSecond(bareUrls, 2)
    const pair = await measureInTurn(
      ROUNDS,
      Math.max,
      () => requestsPerSecond(bareUrls, SECONDS),
      () => requestsPerSecond(urls, SECONDS),
    )
    return ratioFigure(`requests/s of ${name}, ${tenants} live${how}`, pair, 'req/s', { least })
  } finally {
    await ours.stop()
    await bare.stop()
  }
}
