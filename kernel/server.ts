import { readOpsToken } from './http/ops/token-file.js'
import { createHttpServer } from './http/server.js'
import { flushSeconds, type Kernel } from './kernel.js'

export interface RunningServer {
  /** `http://host:port`; the sub-directory is part of each route. */
  readonly url: string
  readonly token: string
  /** Where the ops token is kept, as a person reads it. */
  readonly tokenPlace: string
  /** Stops accepting, finishes what runs within the deadline, brings messages that wait to the broker. */
  close(): Promise<void>
}

/** Serves a kernel over HTTP: the catalog first, then the listener. */
export async function startServer(kernel: Kernel): Promise<RunningServer> {
  const { config, log, registry } = kernel
  await kernel.prepareCatalog()
  const { token, place } = await readOpsToken(kernel.root, config.ops.token)
  const http = await createHttpServer({
    config,
    log,
    token,
    tenants: registry,
    ops: {
      migrate: (target, mode) => kernel.runMode(target, mode),
      plan: (target) => kernel.plan(target),
      revert: (target, to) => kernel.revert(target, to),
      prune: (target, request) => kernel.prune(target, request),
      migrateAll: (options, signal) => kernel.migrateAll(options, signal),
      modules: () => kernel.moduleStatus(),
      cron: kernel.cron,
      backups: kernel.backups,
    },
    isReady: () => kernel.pingCatalog(),
  })
  const { url } = await http.listen()
  await kernel.mqtt.start()
  if (config.cron.enabled) kernel.cron.start((error) => log.error({ err: error }, 'no cron job will run'))
  return {
    url,
    token,
    tokenPlace: place,
    async close() {
      // A migration of all tenants, or a tick, ends after what is in work: its answer is not cut off.
      const { shutdownSeconds } = config.http
      const began = performance.now()
      await Promise.all([kernel.cron.close(shutdownSeconds), kernel.closeFleet(), http.close(shutdownSeconds)])
      // What requests and jobs have published to their end goes out.
      await kernel.mqtt.close(flushSeconds(shutdownSeconds, began))
    },
  }
}
