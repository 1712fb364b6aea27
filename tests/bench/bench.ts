import { startMariaDb } from '../support/mariadb.js'
import { backupStall, backups } from './figures/backups.js'
import { cron } from './figures/cron.js'
import { cronLatency } from './figures/cron-latency.js'
import { fleet } from './figures/fleet.js'
import { liveTenant } from './figures/live-tenant.js'
import { mqttLatency, mqttThroughput } from './figures/mqtt.js'
import { firstAnswer, startUpWithManyTenants } from './figures/start-up.js'
import { throughput } from './figures/throughput.js'
import { type Figure, printTable } from './pairs.js'

/**
 * Prints the figures of the product as a table of ratios, each pair measured in turn in this run, the best of at least
 * three. Arguments choose figures by a part of their name: throughput, start-up, first-answer, live-tenant, fleet,
 * cron, backup, mqtt.
 */
const wanted = process.argv.slice(2)
const server = await startMariaDb()
if (!server) throw new Error('the benchmark needs an installed MariaDB (mariadbd)')
const figures: readonly (readonly [string, () => Promise<Figure[]>])[] = [
  ['live-tenant', liveTenant],
  ['fleet', () => fleet(server)],
  ['cron-latency', () => cronLatency(server)],
  ['cron', () => cron(server)],
  ['backup-speed', () => backups(server)],
  ['backup-stall', backupStall],
  ['mqtt-throughput', mqttThroughput],
  ['mqtt-latency', mqttLatency],
  ['start-up', () => startUpWithManyTenants(server)],
  ['first-answer', () => firstAnswer(server)],
  ['throughput', () => throughput(server)],
]
try {
  const measured: Figure[] = []
  for (const [name, measure] of figures) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue
    process.stderr.write(`measuring ${name} …\n`)
    measured.push(...(await measure()))
  }
  process.stdout.write(`${printTable(measured)}\n`)
} finally {
  await server.stop()
}
