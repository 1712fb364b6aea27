import type { Engine } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { type ModuleVersionName, parseModuleVersion, type TenantId } from '../names.js'
import type { ArchiveOrigin } from './archive/origin.js'
import type { RestoreRequest, Target } from './contract.js'
import { mendAccount } from './mended.js'
import type { BackupParts } from './parts.js'
import { catalogSubject, type Subject, tenantSubject } from './subject.js'

/** Whose database is replaced. */
export interface Destination {
  /** Of a rehearsal for a database that there is not: the catalog, beside which it is loaded. */
  readonly subject: Subject
  /** Absent of a rehearsal for a new tenant. */
  readonly target?: Target
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
    return existing(parts, subject, dryRun)
  }
  if (origin.target === 'catalog') refuse('A backup of the catalog goes nowhere but to the catalog')
  if (typeof as === 'number') {
    return existing(parts, await parts.subject(as), dryRun)
  }
  await refuseTaken(parts, as.newTenant)
  const subscriptions = await subscriptionsOf(parts, request)
  if (dryRun) return { ...rehearsal(parts), database: as.newTenant, subscriptions }
  return addTenant(parts, as.newTenant, subscriptions)
}

/** A database that was lost is made again first, empty. */
async function existing(parts: BackupParts, subject: Subject, dryRun: boolean): Promise<Destination> {
  const { engine } = parts
  const { target, restored, database } = subject
  const found = { subject, target, database, added: false, undo: async () => {} }
  if (restored === 'catalog') return found
  if (await engine.exists(restored)) {
    if (!dryRun) await mendAccount(parts, subject)
    return found
  }
  if (dryRun) return { ...rehearsal(parts), target, database }
  await engine.provision(restored)
  const undo = async () => {
    // A request may have come meanwhile, and what it has written is the tenant’s.
    if (await isEmpty(engine, subject)) await engine.remove(restored)
  }
  return { ...found, undo }
}

/** Where the database itself is not there to be loaded beside, the catalog is. */
function rehearsal({ engine, catalogRule }: BackupParts): Pick<Destination, 'subject' | 'added' | 'undo'> {
  return { subject: catalogSubject(engine, catalogRule), added: false, undo: async () => {} }
}

async function isEmpty(engine: Engine, { use }: Subject): Promise<boolean> {
  const schema = await use((database) => database.session((session) => engine.introspect(session)))
  return Object.keys(schema.tables).length === 0
}

/** What has a tenant, or a database, of the name is nobody’s to replace unless it is asked for by its id. */
async function refuseTaken({ engine, tenantsByName }: BackupParts, name: string): Promise<void> {
  if (name === 'catalog') refuse('A backup of a tenant does not go to the catalog, nor can a tenant be named so')
  const holder = (await tenantsByName()).get(name)
  if (holder !== undefined) {
    const message = `There is a tenant ${name} already, ${holder}: to replace its database, ask for that by its id`
    throw new M3Error('CATALOG_REFUSED', message, { faults: [{ path: 'tenant.name', message: 'is taken' }] })
  }
  if (await engine.exists({ name, user: userOf(name), secret: '' })) {
    refuse(
      `There is a database ${name} already, which a tenant of this name would be given: drop it, or take another name`,
    )
  }
}

/** The longest that MySQL takes: https://dev.mysql.com/doc/refman/8.0/en/user-names.html */
function userOf(name: string): string {
  return name.slice(0, 32)
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
  const id: TenantId = await changes.add({ name, user: userOf(name) })
  let isProvided = false
  const undo = async () => {
    const tenant = await parts.tenant(id)
    await changes.remove(id)
    if (isProvided) await engine.remove(tenant)
  }
  try {
    const tenant = await parts.tenant(id)
    for (const module of subscriptions) {
      const version = parseModuleVersion(module)
      if (version) await changes.subscribe(id, version)
    }
    isProvided = true
    await engine.provision(tenant)
    return {
      subject: tenantSubject(engine, tenant),
      ...{ target: id, database: name, added: true, subscriptions, undo },
    }
  } catch (error) {
    await takeAway(parts, undo)
    throw error
  }
}

/** Gives no error: why nothing came of it says more. */
export async function takeAway({ log }: Pick<BackupParts, 'log'>, undo: () => Promise<void>): Promise<void> {
  await undo().catch((error: unknown) => log.error({ err: error }, 'what was made for a restore cannot be taken away'))
}

function refuse(message: string): never {
  throw new M3Error('RESTORE_REFUSED', message)
}
