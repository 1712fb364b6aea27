import type { Database } from '../engines/contract.js'
import { isStoredSecret, storedSecret } from './secrets.js'
import type { CatalogRules } from './tenant-rules.js'

interface Credentials {
  readonly id: number
  readonly user: string
  readonly password: string
}

/** A plain password; an empty one is none. */
const IS_PLAIN = "password <> '' AND (password NOT LIKE 'm3:%' OR LENGTH(password) <> 39)"
/** Rows a round. */
const PORTION = 500

/**
 * Replaces every plain password of the catalog by its stored form: those of an original catalog that is being adopted,
 * and of rows added by hand. Gives their number. An empty password is left: its tenant is not valid anyway.
 */
export async function adoptSecrets(catalog: Database, rules: CatalogRules): Promise<number> {
  let adopted = 0
  for (let after = 0; ; ) {
    const rows = await catalog.select<Credentials>(
      `SELECT id, user, password FROM tenants WHERE id > ? AND ${IS_PLAIN} ORDER BY id LIMIT ${PORTION}`,
      [after],
    )
    for (const row of rows) if (await adoptSecret(catalog, row, rules)) adopted++
    const last = rows.at(-1)
    if (!last) return adopted
    after = last.id
  }
}

/** Whether a backup of the catalog would have a plain password in it. */
export async function hasPlainSecrets(catalog: Pick<Database, 'select'>): Promise<boolean> {
  return (await catalog.select(`SELECT 1 AS found FROM tenants WHERE ${IS_PLAIN} LIMIT 1`)).length > 0
}

/** Replaces one, unless another process has changed it since it was read; says whether it did. */
export async function adoptSecret(
  catalog: Pick<Database, 'run'>,
  row: Credentials,
  rules: CatalogRules,
): Promise<boolean> {
  if (isStoredSecret(row.password)) return false
  const secret = storedSecret(rules.dbSalt, row.user, row.password)
  // HEX compares the bytes: a collation takes `a` for `A`.
  const { affectedRows } = await catalog.run(
    'UPDATE tenants SET password = ? WHERE id = ? AND HEX(password) = HEX(?)',
    [secret, row.id, row.password],
  )
  return affectedRows > 0
}
