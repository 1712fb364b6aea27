import { createHash } from 'node:crypto'
import type { Database } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import type { CatalogDependencies } from '../modules/graph.js'
import { formatModuleVersion, type ModuleVersionName, type TenantId } from '../names.js'
import { adoptSecret } from './adopt-secrets.js'
import { isStoredSecret } from './secrets.js'
import { selectIn } from './select-in.js'
import { type CatalogRules, identityFaults } from './tenant-rules.js'

/** A tenant as it is listed. */
export interface TenantSummary {
  readonly id: TenantId
  readonly name: string
  readonly user: string
  readonly perDayBackups: number
  readonly maxBackups: number
  /** It is not served, and its jobs do not run. */
  readonly suspended: boolean
  /** By name, then by version. */
  readonly subscriptions: readonly ModuleVersionName[]
}

/** A tenant with all that it is built from. */
export interface CatalogTenant extends TenantSummary {
  /** The stored form of its password. */
  readonly secret: string
  readonly dependencies: CatalogDependencies
  /** That of `signatures`, of exactly the rows that were read. */
  readonly signature: string
}

/** As much of the catalog's database as reading it takes; adopting a plain password writes. */
export type CatalogReader = Pick<Database, 'select' | 'run'>

export interface TenantRow {
  readonly id: number
  readonly name: string
  readonly user: string
  readonly password: string
  readonly per_day_backups: number
  readonly max_backups: number
  /** 0 or 1. */
  readonly suspended: unknown
  readonly generation: number
}

export const TENANT =
  'SELECT id, name, user, password, per_day_backups, max_backups, suspended, generation FROM tenants'

/**
 * The tenant, or undefined if the catalog has none of the id. A plain password, of an adopted catalog or a row added by
 * hand, is replaced in the row by its stored form. Throws TENANT_UNAVAILABLE if the row itself is not valid.
 */
export async function readTenant(
  catalog: Database,
  id: TenantId,
  rules: CatalogRules,
): Promise<CatalogTenant | undefined> {
  const row = await readRow(catalog, id, rules)
  if (!row) return undefined
  const faults = identityFaults({ ...row }, 'tenants', rules)
  if (faults.length > 0) {
    throw new M3Error('TENANT_UNAVAILABLE', `The catalog's row of the tenant ${id} is not valid`, { faults })
  }
  const subscriptions = (await readSubscriptions(catalog, [id])).get(id) ?? []
  const dependencies = await readDependencies(catalog)
  return {
    ...summaryOf(row, subscriptions),
    secret: row.password,
    dependencies,
    signature: signatureOf(row, subscriptions, digestOf(dependencies)),
  }
}

/**
 * For each of the tenants that the catalog still has, a text that changes when its name, user, password or
 * subscriptions change, when it is suspended or resumed, when its database is restored, and when the dependencies of modules change. Three queries, whatever the number of tenants up to 512.
 */
export async function signatures(catalog: Database, ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, string>> {
  if (ids.length === 0) return new Map()
  const rows = await selectIn<TenantRow>(catalog, `${TENANT} WHERE id IN (?)`, ids)
  const subscriptions = await readSubscriptions(catalog, ids)
  const dependencies = digestOf(await readDependencies(catalog))
  return new Map(rows.map((row) => [row.id, signatureOf(row, subscriptions.get(row.id) ?? [], dependencies)]))
}

/** What every version of a module depends on, by the module's name. */
export async function readDependencies(catalog: Pick<Database, 'select'>): Promise<CatalogDependencies> {
  const rows = await catalog.select<{ module: string; dependency: string; version: number }>(
    'SELECT m.name AS module, d.name AS dependency, r.version AS version FROM modules_dependencies r' +
      ' JOIN modules m ON m.id = r.module_id JOIN modules d ON d.id = r.dependency_module_id' +
      ' ORDER BY m.name, d.name, r.version',
  )
  const dependencies = new Map<string, ModuleVersionName[]>()
  for (const { module, dependency, version } of rows) {
    const known = dependencies.get(module)
    if (known) known.push(formatModuleVersion(dependency, version))
    else dependencies.set(module, [formatModuleVersion(dependency, version)])
  }
  return dependencies
}

/** Tenants in the order of their ids, those behind `after` only; `limit` of them at most. */
export async function listTenants(
  catalog: Database,
  page: { readonly after?: TenantId; readonly limit: number },
): Promise<TenantSummary[]> {
  // MySQL takes no number as the parameter of a LIMIT.
  const limit = Math.max(1, Math.trunc(page.limit))
  const rows = await catalog.select<TenantRow>(`${TENANT} WHERE id > ? ORDER BY id LIMIT ${limit}`, [page.after ?? 0])
  const subscriptions = await readSubscriptions(
    catalog,
    rows.map((row) => row.id),
  )
  return rows.map((row) => summaryOf(row, subscriptions.get(row.id) ?? []))
}

async function readRow(catalog: Database, id: TenantId, rules: CatalogRules): Promise<TenantRow | undefined> {
  const [row] = await catalog.select<TenantRow>(`${TENANT} WHERE id = ?`, [id])
  if (!row || isStoredSecret(row.password) || row.password === '') return row
  await adoptSecret(catalog, row, rules)
  const [adopted] = await catalog.select<TenantRow>(`${TENANT} WHERE id = ?`, [id])
  if (!adopted || isStoredSecret(adopted.password)) return adopted
  // Somebody wrote another plain password in between: the next attempt takes that one.
  throw new M3Error('TENANT_UNAVAILABLE', `The tenant ${id} is being changed`, { retryAfter: 1 })
}

/** By tenant; those without are left out. */
export async function readSubscriptions(
  catalog: Pick<Database, 'select'>,
  ids: readonly TenantId[],
): Promise<Map<TenantId, ModuleVersionName[]>> {
  const rows = await selectIn<{ tenant: number; name: string; version: number }>(
    catalog,
    'SELECT s.tenant_id AS tenant, m.name AS name, s.version AS version FROM subscriptions s' +
      ' JOIN modules m ON m.id = s.module_id WHERE s.tenant_id IN (?) ORDER BY s.tenant_id, m.name, s.version',
    ids,
  )
  const subscriptions = new Map<TenantId, ModuleVersionName[]>()
  for (const { tenant, name, version } of rows) {
    const known = subscriptions.get(tenant)
    if (known) known.push(formatModuleVersion(name, version))
    else subscriptions.set(tenant, [formatModuleVersion(name, version)])
  }
  return subscriptions
}

/** The module versions that tenants subscribe to, each once. */
export async function readSubscribed(catalog: Pick<Database, 'select'>): Promise<ModuleVersionName[]> {
  const rows = await catalog.select<{ name: string; version: number }>(
    'SELECT DISTINCT m.name AS name, s.version AS version FROM subscriptions s JOIN modules m ON m.id = s.module_id' +
      ' ORDER BY m.name, s.version',
  )
  return rows.map(({ name, version }) => formatModuleVersion(name, version))
}

/** 0 if there is no tenant. */
export async function highestTenantId(catalog: Pick<Database, 'select'>): Promise<TenantId> {
  const [row] = await catalog.select<{ id: unknown }>('SELECT MAX(id) AS id FROM tenants')
  return Number(row?.id ?? 0)
}

function summaryOf(row: TenantRow, subscriptions: readonly ModuleVersionName[]): TenantSummary {
  const { id, name, user, per_day_backups: perDayBackups, max_backups: maxBackups } = row
  return { id, name, user, perDayBackups, maxBackups, suspended: isSuspended(row), subscriptions }
}

export function isSuspended({ suspended }: Pick<TenantRow, 'suspended'>): boolean {
  return Number(suspended) !== 0
}

/** A hash, for what goes into it is secret. */
function signatureOf(row: TenantRow, subscriptions: readonly ModuleVersionName[], dependencies: string): string {
  return hash([row.name, row.user, row.password, isSuspended(row), row.generation, subscriptions, dependencies])
}

function digestOf(dependencies: CatalogDependencies): string {
  return hash([...dependencies])
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url')
}
