import { M3Error } from '../errors.js'
import { type ModuleVersionName, parseModuleVersion, type TenantId } from '../names.js'
import type { ArchiveOrigin } from './archive/origin.js'
import type { RestoreRequest } from './contract.js'
import type { BackupParts } from './parts.js'
import { catalogSubject, type Subject, tenantSubject } from './subject.js'

/** Whose database is replaced. */
export interface Destination {
  readonly subject: Subject
  /** Its name; of a rehearsal for a new tenant, that of the tenant which there is not. */
  readonly database: string
  /** A tenant was added for it. */
  readonly added: boolean
  readonly subscriptions?: readonly ModuleVersionName[]
  /** Takes away again what was made for it, a tenant or an empty database: nothing came of it. */
  undo(): Promise<void>
}

/**
 * Where a backup goes: whose it is, or on purpose another. Throws RESTORE_REFUSED, TENANT_UNKNOWN, and CATALOG_REFUSED for
 * a new tenant that cannot be.
 */
export async function destinationOf(
  parts: BackupParts,
  request: RestoreRequest,
  origin: ArchiveOrigin,
): Promise<Destination> {
  const { from, as, dryRun = false } = request
  if (as === undefined) {
    if (typeof from === 'object') {
      refuse(`No tenant here has the database ${from.database}: say whose it is to be, by --as or ?as=`)
    }
    const subject = await parts.subject(from)
    refuseForeign(subject, origin)
    return existing(parts, subject)
  }
  if (origin.target === 'catalog') refuse('A backup of the catalog goes nowhere but to the catalog')
  if (typeof as === 'number') {
    return existing(parts, await parts.subject(as))
  }
  const subscriptions = await subscriptionsOf(parts, request)
  if (dryRun) {
    // Beside the catalog, since the tenant’s own database is not there yet.
    const subject = catalogSubject(parts.engine, parts.catalogRule)
    return { subject, database: as.newTenant, subscriptions, added: false, undo: async () => {} }
  }
  return addTenant(parts, as.newTenant, subscriptions)
}

/** A database that was lost is made again first, empty. */
async function existing({ engine }: BackupParts, subject: Subject): Promise<Destination> {
  const { restored, database } = subject
  const isThere = restored === 'catalog' || (await engine.exists(restored))
  if (!isThere) await engine.provision(restored)
  const undo = async () => {
    if (!isThere) await engine.remove(restored)
  }
  return { subject, database, added: false, undo }
}

/** A backup of another database must not get there by mistake. */
function refuseForeign(subject: Subject, origin: ArchiveOrigin): void {
  const { target, tenant, database } = subject.origin
  if (origin.target === target && origin.tenant === tenant && origin.database === database) return
  const whose = origin.target === 'catalog' ? 'the catalog' : `the tenant ${origin.tenant}, ${origin.database}`
  const hint =
    origin.target === 'tenant' && target === 'tenant' ? `; if that is meant, ask for it: --as ${subject.target}` : ''
  refuse(
    `The backup is of ${whose}, not of ${target === 'catalog' ? 'the catalog' : `the tenant ${tenant}, ${database}`}${hint}`,
  )
}

async function subscriptionsOf(
  parts: BackupParts,
  { from, subscriptions = 'copy' }: RestoreRequest,
): Promise<readonly ModuleVersionName[]> {
  if (subscriptions === 'none' || typeof from !== 'number') return []
  return (await parts.tenant(from)).subscriptions
}

async function addTenant(
  parts: BackupParts,
  name: string,
  subscriptions: readonly ModuleVersionName[],
): Promise<Destination> {
  const { engine, changes } = parts
  const id: TenantId = await changes.add({ name, user: name.slice(0, 32) })
  let isProvided = false
  const undo = async () => {
    const tenant = await parts.tenant(id)
    await changes.remove(id)
    if (isProvided) await engine.remove(tenant)
  }
  try {
    const tenant = await parts.tenant(id)
    if (await engine.exists(tenant)) {
      refuse(
        `There is a database ${name} already, which a tenant of this name would be given: drop it, or take another name`,
      )
    }
    for (const module of subscriptions) {
      const version = parseModuleVersion(module)
      if (version) await changes.subscribe(id, version)
    }
    isProvided = true
    await engine.provision(tenant)
    return {
      subject: tenantSubject(engine, tenant),
      ...{ database: name, added: true, subscriptions, undo },
    }
  } catch (error) {
    await undo()
    throw error
  }
}

function refuse(message: string): never {
  throw new M3Error('RESTORE_REFUSED', message)
}
