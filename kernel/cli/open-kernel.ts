import { loadConfig } from '../config/load-config.js'
import { assembleKernel, type Kernel } from '../kernel.js'
import { commandLog } from './create-log.js'
import type { Invocation } from './invocation.js'

/** The kernel of the app root for one command. Warnings go to standard error, the result of the command alone to standard output. */
async function openKernel(invocation: Invocation): Promise<Kernel> {
  const { root, environment } = invocation
  const config = await loadConfig(root, environment)
  return assembleKernel({ root, config, log: commandLog(invocation, config.log.level) })
}

/** As `withKernel`, the catalog brought up to date first. */
export function withCatalog(invocation: Invocation, work: (kernel: Kernel) => Promise<number>): Promise<number> {
  return withKernel(invocation, async (kernel) => {
    await kernel.prepareCatalog()
    return work(kernel)
  })
}

/**
 * Opens the kernel, lets `work` use it, and closes it however that ends. Messages that were published and are lost, of
 * which the log tells, make a failure of what went well.
 */
export async function withKernel(invocation: Invocation, work: (kernel: Kernel) => Promise<number>): Promise<number> {
  const kernel = await openKernel(invocation)
  let status: number
  try {
    status = await work(kernel)
  } finally {
    await kernel.close()
    if (kernel.stuckThreads() > 0) invocation.terminal.killAtEnd?.()
  }
  return status === 0 && kernel.mqtt.undelivered > 0 ? 1 : status
}
