import { pino } from 'pino'
import { loadConfig } from '../../kernel/config/load-config.js'
import { assembleKernel, type Kernel } from '../../kernel/kernel.js'
import type { AppRoot } from './app-root.js'

/** The kernel of an app root in this process. */
export async function openBenchKernel(app: Pick<AppRoot, 'root' | 'configFile'>): Promise<Kernel> {
  const config = await loadConfig(app.root, { CONFIG_FILE: app.configFile })
  // The jobs of modules are what is measured, not the backups that the first tick takes.
  const cronSubstitutes = { ownJobs: [] }
  return assembleKernel({ root: app.root, config, log: pino({ level: 'silent' }), cronSubstitutes })
}

/** Adds tenants 1 … `count`, each subscribed to the modules, by plain inserts: the catalog is not what is measured. */
export async function addTenants(
  kernel: Kernel,
  count: number,
  modules: readonly string[],
  prefix = 'bench_',
): Promise<void> {
  await kernel.prepareCatalog()
  const { catalog } = kernel.engine
  await catalog.session((session) =>
    session.transaction(async () => {
      for (const [i, name] of modules.entries()) {
        await session.run('INSERT INTO modules (id, name) VALUES (?, ?)', [i + 1, name])
      }
      for (let id = 1; id <= count; id++) {
        const values = [id, `${prefix}${id}`, `${prefix}${id}`, `secret of ${id}`]
        await session.run('INSERT INTO tenants (id, name, user, password) VALUES (?, ?, ?, ?)', values)
        for (const module of modules.keys()) {
          await session.run('INSERT INTO subscriptions (tenant_id, module_id) VALUES (?, ?)', [id, module + 1])
        }
      }
    }),
  )
}

/** Provisions and migrates tenants 1 … `count`, eight at a time. */
export async function migrateTenants(kernel: Kernel, count: number): Promise<void> {
  let next = 1
  const work = async () => {
    while (next <= count) await kernel.runMode(next++, 'migrate')
  }
  await Promise.all(Array.from({ length: 8 }, work))
}
