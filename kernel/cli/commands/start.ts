import { constants } from 'node:os'
import type { Command } from 'commander'
import { loadConfig } from '../../config/load-config.js'
import { assembleKernel, type Kernel } from '../../kernel.js'
import { type RunningServer, startServer } from '../../server.js'
import { awaitDatabase } from '../await-database.js'
import { createLog, logUncaught } from '../create-log.js'
import { describeRoutes, describeServer } from '../describe-start.js'
import type { Act, Invocation } from '../invocation.js'
import { printResult } from '../output.js'

const { signals } = constants

/** `m3saas start`: serves until SIGTERM or SIGINT. Asked to end before it served, it ends as a process that a signal ended. */
export function addStartCommand(program: Command, act: Act): void {
  program
    .command('start')
    .description('serves the tenants until SIGTERM or SIGINT; the log goes to standard error, a JSON line each')
    .action((_options: object, self: Command) => act(self, start))
}

async function start({ terminal, root, json, environment }: Invocation): Promise<number> {
  const config = await loadConfig(root, environment)
  const log = createLog(terminal, config.log.level)
  logUncaught(terminal, log)
  const stopped = stopSignal(terminal)
  const asked = stopped.then(() => undefined)
  const ending = new AbortController()
  void stopped.then(() => ending.abort())
  const kernel = await assembleKernel({ root, config, log })
  try {
    if (!(await awaitDatabase(kernel, ending.signal))) return 128 + signals[await stopped]
    const starting = startServer(kernel)
    const started = await Promise.race([starting, asked])
    // A migration of the catalog is let come to its end, within the time that a shutdown has.
    const status = started ? 0 : 128 + signals[await stopped]
    const late = started ? undefined : setTimeout(() => terminal.exit(status), config.http.shutdownSeconds * 1000)
    const server = await starting.finally(() => clearTimeout(late))
    try {
      if (started) await announce(kernel, server, { terminal, json, asked })
      log.info({ signal: await stopped, seconds: config.http.shutdownSeconds }, 'shutting down')
    } finally {
      await server.close()
    }
    return status
  } finally {
    await kernel.close()
    if (kernel.stuckThreads() > 0) terminal.killAtEnd?.()
  }
}

/** Says where it serves at once, and what there is to try when the first tenant is built, unless it is to end before. */
async function announce(
  kernel: Kernel,
  server: RunningServer,
  { terminal, json, asked }: Pick<Invocation, 'terminal' | 'json'> & { asked: Promise<undefined> },
): Promise<void> {
  const { listeners } = kernel.mqtt
  const told = { url: server.url, token: server.tokenPlace, ...(listeners.length > 0 ? { mqtt: listeners } : {}) }
  printResult(terminal, json, told, describeServer(kernel, server))
  if (json) return
  const routes = await Promise.race([describeRoutes(kernel, server), asked])
  if (routes !== undefined) terminal.stdout.write(`${routes}\n`)
}

/** The first signal asks for an orderly end; a second one ends the process at once. */
function stopSignal(terminal: Invocation['terminal']): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    terminal.onSignal(['SIGTERM', 'SIGINT'], (signal) => {
      if (asked) terminal.exit(1)
      asked = true
      resolve(signal)
    })
  })
}
