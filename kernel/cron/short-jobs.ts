import { formatModuleVersion, type ModuleVersionName } from '../names.js'
import { isShort } from './due/due.js'
import type { TickParts } from './tick/tick-parts.js'

/**
 * Whether any module version that a tenant subscribes to, or one that it needs, has a job of minutes or hours. What
 * cannot be loaded has none. One query, or two; a module is imported once a process.
 */
export async function anyShortJob(
  { tenants, closureOf, jobsOf }: Pick<TickParts, 'tenants' | 'closureOf' | 'jobsOf'>,
  subscribed: () => Promise<readonly ModuleVersionName[]>,
): Promise<boolean> {
  const versions = await subscribed()
  if (versions.length === 0) return false
  const dependencies = await tenants.dependencies()
  const found = await Promise.allSettled(versions.map((name) => closureOf({ subscriptions: [name], dependencies })))
  return found.some(
    (closure) =>
      closure.status === 'fulfilled' &&
      closure.value.modules.some(({ name, version }) =>
        jobsOf(formatModuleVersion(name, version))?.jobs.some(({ schedule }) => isShort(schedule)),
      ),
  )
}
