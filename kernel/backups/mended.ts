import type { BackupParts } from './parts.js'
import type { Subject } from './subject.js'

/**
 * Whether an error of a tenant’s own connection is mended: a changed dbSalt gives the tenant’s user another password, which its
 * next request would set, and so does whoever backs it up or restores it. Throws DATABASE_UNAVAILABLE if an administrator
 * has locked the account.
 */
export async function isMended(
  { engine }: Pick<BackupParts, 'engine'>,
  { restored }: Subject,
  error: unknown,
): Promise<boolean> {
  const isMendable = engine.isNotProvisioned(error) || engine.isShutOut(error)
  if (restored === 'catalog' || !isMendable || !(await engine.exists(restored))) return false
  return (await engine.provision(restored)).length > 0
}

/** Mends what can be. Whatever else is wrong with the database, a restore is there to replace it. */
export async function mendAccount(parts: Pick<BackupParts, 'engine'>, subject: Subject): Promise<void> {
  try {
    await subject.use((database) => database.select('SELECT 1'))
  } catch (error) {
    await isMended(parts, subject, error)
  }
}
