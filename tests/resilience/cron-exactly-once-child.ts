import { writeSync } from 'node:fs'
import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import { assembleKernel } from '../../kernel/kernel.js'

/**
 * A process that ticks, as a server or `m3saas cron` does, until nothing is due and nothing left. What its ticks tell goes to
 * standard output, a JSON line each. Its argument is the app root.
 */
const [root] = process.argv.slice(2)
if (root) {
  const config = await loadConfig(root, {})
  const kernel = await assembleKernel({ root, config, log: pino({ level: 'error' }, pino.destination(2)) })
  for (let isDue = true; isDue; ) {
    for await (const event of kernel.cron.tick({}, new AbortController().signal)) {
      // Not by a stream: what was told must be out when the process is killed.
      writeSync(1, `${JSON.stringify(event)}\n`)
      if (event.event === 'summary') isDue = event.due > 0 || event.failures > 0
    }
  }
  await kernel.close()
}
