import type { Database } from '../engines/contract.js'
import type { TenantId } from '../names.js'

/**
 * The tenant's database is another one from now on: what every process has built of it is to be built anew. Numbers follow
 * the clock, in seconds, so that a catalog which comes back from a backup does not give out one that was there before.
 */
export async function growGeneration(catalog: Pick<Database, 'run'>, id: TenantId, now = new Date()): Promise<void> {
  const seconds = Math.trunc(now.getTime() / 1000)
  await catalog.run(
    'UPDATE tenants SET generation = CASE WHEN generation < ? THEN ? ELSE generation + 1 END WHERE id = ?',
    [seconds, seconds, id],
  )
}
