import type { SeedRow } from '../contract/define-seed.js'
import type { Database } from '../engines/contract.js'
import { type Fault, M3Error } from '../errors.js'
import type { CatalogDependencies } from '../modules/graph.js'
import { formatModuleVersion, type ModuleVersion, type ModuleVersionName, type TenantId } from '../names.js'
import { readHeld } from './held.js'
import { NOTHING_PLANNED, type Planned } from './planned.js'
import { readDependencies, readSubscriptions } from './read.js'
import type { RemovedTenant } from './remove-tenant.js'
import { toSecret } from './secrets.js'
import type { CatalogRules } from './tenant-rules.js'
import { validateCatalog } from './validate.js'

export interface NewTenant {
  /** The next free one if it is left out. */
  readonly id?: TenantId
  readonly name: string
  readonly user: string
  /** The plain one. */
  readonly password: string
  readonly perDayBackups?: number
  readonly maxBackups?: number
}

/** Changes to the catalog. Each throws CATALOG_REFUSED with every fault, nothing written. */
export interface CatalogChanges {
  /** A password that is left out is a random one: it is of use to the kernel alone, which derives the database user's from it. */
  add(input: Omit<NewTenant, 'password'> & { readonly password?: string }): Promise<TenantId>
  /** See `removeTenant`. Throws TENANT_UNKNOWN too. */
  remove(id: TenantId): Promise<RemovedTenant>
  subscribe(id: TenantId, module: ModuleVersion): Promise<boolean>
  unsubscribe(id: TenantId, module: ModuleVersion): Promise<boolean>
  /** Throws TENANT_UNKNOWN instead. */
  suspend(id: TenantId): Promise<boolean>
  /** Throws TENANT_UNKNOWN instead. */
  resume(id: TenantId): Promise<boolean>
  /** Gives the rule that is kept from now on. Throws TENANT_UNKNOWN instead. */
  retain(id: TenantId, rule: Partial<BackupRule>): Promise<BackupRule>
}

/** How many backups of a tenant are kept; less than 1 is all. */
export interface BackupRule {
  /** The newest of each day. */
  readonly perDay: number
  /** The newest of all. */
  readonly max: number
}

/** What a change needs to know of the modules: the module store. */
export interface KnownModules {
  /** Why a tenant of these subscriptions could not be served: gaps, cycles, modules that do not load, clashing tables. */
  closureFaults(wanted: readonly ModuleVersionName[], catalog: CatalogDependencies): Promise<readonly Fault[]>
}

/** Adds a tenant and gives its id. Throws CATALOG_REFUSED with every fault, nothing written. */
export function addTenant(catalog: Database, input: NewTenant, rules: CatalogRules): Promise<TenantId> {
  const { id, name, user, password, perDayBackups = 1, maxBackups = 10 } = input
  const row = {
    ...(id === undefined ? {} : { id }),
    name,
    user,
    password,
    per_day_backups: perDayBackups,
    max_backups: maxBackups,
  }
  const plan = (tenant: SeedRow): Planned => ({
    ...NOTHING_PLANNED,
    tenants: [{ path: 'tenant', row: tenant, forced: false }],
  })
  return change(catalog, async () => {
    const taken = id !== undefined && (await tenantFaults(catalog, id)).length === 0
    // A row whose id is there already would count as that one, to be left as it is.
    const planned = plan(taken ? { ...row, id: undefined } : row)
    refuse([
      ...(taken ? [{ path: 'tenant.id', message: `the tenant ${id} is there already` }] : []),
      ...validateCatalog(planned, await readHeld(catalog, planned), rules, () => true),
    ])
    const stored = { ...row, password: toSecret(rules.dbSalt, user, password) }
    return insert(catalog, 'tenants', stored)
  })
}

/**
 * Subscribes a tenant to a module version; false if it is subscribed already. Throws CATALOG_REFUSED with every fault,
 * nothing written: no such tenant, or one that could not be served any more. What it could not be served for before is no
 * fault of the new subscription.
 */
export async function subscribe(
  catalog: Database,
  tenant: TenantId,
  { name: module, version }: ModuleVersion,
  modules: KnownModules,
): Promise<boolean> {
  const faults = await addedFaults(catalog, tenant, formatModuleVersion(module, version), modules)
  return change(catalog, async () => {
    const found = await findModule(catalog, module)
    const misspelt = found && found.name !== module
    refuse([
      ...(await tenantFaults(catalog, tenant)),
      ...(misspelt ? [{ path: 'module', message: `the catalog spells it ${found.name}` }] : []),
      ...faults,
    ])
    const moduleId = found?.id ?? (await insert(catalog, 'modules', { name: module }))
    const row = { tenant_id: tenant, module_id: moduleId, version }
    const [there] = await catalog.select(
      'SELECT id FROM subscriptions WHERE tenant_id = ? AND module_id = ? AND version = ?',
      Object.values(row),
    )
    if (!there) await insert(catalog, 'subscriptions', row)
    return !there
  })
}

/**
 * Ends a subscription, be its module provided or not; false if there was none. The tenant's data is kept.
 * Throws CATALOG_REFUSED if there is no such tenant.
 */
export function unsubscribe(
  catalog: Database,
  tenant: TenantId,
  { name: module, version }: ModuleVersion,
): Promise<boolean> {
  return change(catalog, async () => {
    refuse(await tenantFaults(catalog, tenant))
    const found = await findModule(catalog, module)
    if (!found) return false
    const { affectedRows } = await catalog.run(
      'DELETE FROM subscriptions WHERE tenant_id = ? AND module_id = ? AND version = ?',
      [tenant, found.id, version],
    )
    return affectedRows > 0
  })
}

/**
 * Suspends a tenant, or ends that; false if there was nothing to do. Its rows, and its database, stay as they are.
 * Throws TENANT_UNKNOWN.
 */
export async function setSuspended(catalog: Database, tenant: TenantId, suspended: boolean): Promise<boolean> {
  const { affectedRows } = await catalog.run('UPDATE tenants SET suspended = ? WHERE id = ? AND suspended <> ?', [
    suspended,
    tenant,
    suspended,
  ])
  if (affectedRows > 0) return true
  const [fault] = await tenantFaults(catalog, tenant)
  if (fault) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${tenant}`)
  return false
}

/** Changes how many backups of a tenant are kept; what is left out stays. Throws TENANT_UNKNOWN. */
export async function setRetention(
  catalog: Database,
  tenant: TenantId,
  { perDay, max }: Partial<BackupRule>,
): Promise<BackupRule> {
  return catalog.transaction(async () => {
    const sql =
      'UPDATE tenants SET per_day_backups = COALESCE(?, per_day_backups), max_backups = COALESCE(?, max_backups) WHERE id = ?'
    await catalog.run(sql, [perDay ?? null, max ?? null, tenant])
    const [row] = await catalog.select<{ perDay: number; max: number }>(
      'SELECT per_day_backups AS perDay, max_backups AS max FROM tenants WHERE id = ?',
      [tenant],
    )
    if (!row) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${tenant}`)
    return { perDay: row.perDay, max: row.max }
  })
}

async function addedFaults(
  catalog: Database,
  tenant: TenantId,
  added: ModuleVersionName,
  modules: KnownModules,
): Promise<readonly Fault[]> {
  const dependencies = await readDependencies(catalog)
  const had = (await readSubscriptions(catalog, [tenant])).get(tenant) ?? []
  const textOf = ({ path, message }: Fault) => `${path}: ${message}`
  const before = new Set((await modules.closureFaults(had, dependencies)).map(textOf))
  const after = await modules.closureFaults([...had, added], dependencies)
  // Faults of one kind hide those of the next: alone, the module is asked for them all.
  const alone = await modules.closureFaults([added], dependencies)
  const faults = new Map([...alone, ...after].map((fault) => [textOf(fault), fault]))
  return [...faults].filter(([text]) => !before.has(text)).map(([, fault]) => fault)
}

/** One transaction, begun once more if a database error ended it: another process may have written the same row. */
async function change<T>(catalog: Database, fn: () => Promise<T>): Promise<T> {
  try {
    return await catalog.transaction(fn)
  } catch (error) {
    if (error instanceof M3Error) throw error
    return await catalog.transaction(fn)
  }
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new M3Error('CATALOG_REFUSED', 'The catalog is left as it is', { faults })
}

async function tenantFaults(catalog: Database, id: TenantId): Promise<Fault[]> {
  const [row] = await catalog.select('SELECT id FROM tenants WHERE id = ?', [id])
  return row ? [] : [{ path: 'tenant', message: `there is no tenant with the id ${id}` }]
}

async function findModule(catalog: Database, name: string): Promise<{ id: number; name: string } | undefined> {
  const [row] = await catalog.select<{ id: number; name: string }>(
    'SELECT id, name FROM modules WHERE LOWER(name) = ?',
    [name.toLowerCase()],
  )
  return row
}

/** A row added by hand: its `main_seed` stays NULL. Gives its id. */
async function insert(
  catalog: Database,
  table: 'tenants' | 'modules' | 'subscriptions',
  row: Readonly<Record<string, string | number>>,
): Promise<number> {
  const columns = Object.keys(row)
  const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
  const { insertId } = await catalog.run(sql, Object.values(row))
  return Number(row.id ?? insertId)
}
