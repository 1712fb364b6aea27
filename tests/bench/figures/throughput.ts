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

/** Requests a second of three routes, with 1 and with 200 live tenants, against bare Fastify doing the same. */
export async function throughput(server: MariaDb): Promise<Figure[]> {
  const app = await makeAppRoot({ bench: benchModule }, { database: { server, name: 'bench_throughput' } })
  const kernel = await openBenchKernel(app)
  await addTenants(kernel, TENANTS, ['bench'])
  await migrateTenants(kernel, TENANTS)
  await kernel.close()
  const database = connectionOf(server, 'bench_1')
  const bare = await startChild([`${repository}/dist/tests/bench/servers/bare.js`], {
    BENCH_ROUTES: 'hello,sql,models',
    BENCH_DATABASE: database,
  })
  const ours = await startChild([command, 'start', '--json', '--root', app.root], { CONFIG_FILE: app.configFile })
  try {
    const figures: Figure[] = []
    for (const [route, name, least] of KINDS) {
      for (const tenants of [1, TENANTS]) {
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
        figures.push(ratioFigure(`requests/s of ${name}, ${tenants} live`, pair, 'req/s', { least }))
      }
    }
    return figures
  } finally {
    await ours.stop()
    await bare.stop()
    await app.remove()
  }
}
