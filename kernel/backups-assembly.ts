import path from 'node:path'
import type { Logger } from 'pino'
import { LazyBackups } from './backups/lazy-backups.js'
import type { CatalogChanges } from './catalog/changes.js'
import type { CatalogRules } from './catalog/tenant-rules.js'
import type { Config } from './config/config.js'
import type { ConnectionGate, Engine } from './engines/contract.js'
import type { TenantId } from './names.js'
import type { TenantBuilderParts } from './tenants/build-tenant.js'
import { knownTenant } from './tenants/migrate-tenant.js'

export interface BackupsAssemblyParts {
  /** The app root, absolute. */
  readonly root: string
  readonly config: Config
  readonly log: Logger
  readonly engine: Engine
  readonly rules: CatalogRules
  readonly gate: ConnectionGate
  readonly tenantParts: Pick<TenantBuilderParts, 'readTenant'>
  readonly changes: CatalogChanges
  refresh(restored: 'catalog' | TenantId): Promise<void>
}

/** Tenants that are read at a time. */
const PAGE = 256

/** Puts the backups of a kernel together. What they take is loaded when they are first needed. */
export function assembleBackups(parts: BackupsAssemblyParts): LazyBackups {
  const { root, config, log, engine, rules, gate, tenantParts, changes, refresh } = parts
  return new LazyBackups(async () => {
    const [{ Backups }, { BackupHistory }, { readKeys }, { createBackupThreads }, subjects, { Reservations }, pages] =
      await Promise.all([
        import('./backups/backups.js'),
        import('./backups/history.js'),
        import('./backups/key-file.js'),
        import('./backups/threads/run.js'),
        import('./backups/subject.js'),
        import('./tenants/reservation.js'),
        import('./catalog/tenant-pages.js'),
      ])
    const { catalog } = engine
    const date = new Intl.DateTimeFormat('en-CA', { timeZone: config.timeZone, dateStyle: 'short' })
    const tenant = (id: number) => knownTenant(tenantParts, id)
    const catalogRule = config.tenants.backup
    return new Backups({
      ...{ engine, log, tenant, catalogRule, changes, refresh },
      config: config.backups,
      folder: path.resolve(root, config.backups.directory),
      threads: createBackupThreads(config.backups.parallel),
      reservations: new Reservations(gate),
      history: new BackupHistory(catalog),
      pollSeconds: config.catalog.pollSeconds,
      keys: () => readKeys(root, config.backups),
      dateOf: (moment) => date.format(moment),
      page: (after) => pages.readTenantPage(catalog, { after, limit: PAGE }, rules),
      async tenantsByName() {
        const rows = await catalog.select<{ id: number; name: string }>('SELECT id, name FROM tenants')
        return new Map(rows.map(({ id, name }) => [name, id]))
      },
      subject: async (target) =>
        target === 'catalog'
          ? subjects.catalogSubject(engine, catalogRule)
          : subjects.tenantSubject(engine, await tenant(target)),
    })
  })
}
