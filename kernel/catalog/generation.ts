import { randomInt } from 'node:crypto'
import type { Database } from '../engines/contract.js'
import type { TenantId } from '../names.js'

/** Of a column of 32 bits without a sign. */
const HIGHEST = 2 ** 32 - 1

/**
 * The tenant's database is another one from now on: what every process has built of it is to be built anew. The number is a
 * random one: counted up, it could be one that was there before, once the catalog has come back from a backup.
 */
export async function renewGeneration(catalog: Pick<Database, 'run'>, id: TenantId): Promise<void> {
  await catalog.run('UPDATE tenants SET generation = ? WHERE id = ?', [randomInt(1, HIGHEST), id])
}
