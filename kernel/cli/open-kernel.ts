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

/** Opens the kernel, lets `work` use it, and closes it however that ends. */
export async function withKernel(invocation: Invocation, work: (kernel: Kernel) => Promise<number>): Promise<number> {
  const kernel = await openKernel(invocation)
  try {
    return await work(kernel)
  } finally {
    await kernel.close()
    if (kernel.stuckThreads() > 0) invocation.terminal.killAtEnd?.()
  }
}
