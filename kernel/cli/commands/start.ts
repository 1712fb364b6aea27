import type { Command } from 'commander'
import { loadConfig } from '../../config/load-config.js'
import { assembleKernel } from '../../kernel.js'
import { startServer } from '../../server.js'
import { createLog } from '../create-log.js'
import { describeStart } from '../describe-start.js'
import type { Act, Invocation } from '../invocation.js'
import { printResult } from '../output.js'

/** `m3saas start`: serves until SIGTERM or SIGINT. */
export function addStartCommand(program: Command, act: Act): void {
  program
    .command('start')
    .description('serves the tenants until SIGTERM or SIGINT; the log goes to standard error, a JSON line each')
    .action((_options: object, self: Command) => act(self, start))
}

async function start({ terminal, root, json, environment }: Invocation): Promise<number> {
  const config = await loadConfig(root, environment)
  const log = createLog(terminal, config.log.level)
  terminal.onUncaught((error) => log.error({ err: error }, 'nobody caught this error; a module should have'))
  const stopped = stopSignal(terminal)
  const kernel = await assembleKernel({ root, config, log })
  try {
    const server = await startServer(kernel)
    try {
      printResult(terminal, json, { url: server.url, token: server.tokenPlace }, await describeStart(kernel, server))
      log.info({ signal: await stopped, seconds: config.http.shutdownSeconds }, 'shutting down')
    } finally {
      await server.close()
    }
  } finally {
    await kernel.close()
  }
  return 0
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
