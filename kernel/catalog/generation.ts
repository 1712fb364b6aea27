import type { Database } from '../engines/contract.js'
import type { TenantId } from '../names.js'

/** The tenant's database is another one from now on: what every process has built of it is to be built anew. */
export async function growGeneration(catalog: Pick<Database, 'run'>, id: TenantId): Promise<void> {
  await catalog.run('UPDATE tenants SET generation = generation + 1 WHERE id = ?', [id])
}
