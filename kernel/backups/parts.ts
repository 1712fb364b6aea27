import type { Logger } from 'pino'
import type { CatalogChanges } from '../catalog/changes.js'
import type { CatalogTenant } from '../catalog/read.js'
import type { PagedTenant } from '../catalog/tenant-pages.js'
import type { BackupsConfig } from '../config/config.js'
import type { Engine } from '../engines/contract.js'
import type { TenantId } from '../names.js'
import type { Reservations } from '../tenants/reservation.js'
import type { BackupHistory } from './history.js'
import type { BackupKeys } from './key-file.js'
import type { RetentionRule } from './retention.js'
import type { Subject } from './subject.js'
import type { BackupThreads } from './threads/run.js'

/** What backups and restores have in common. */
export interface BackupParts {
  readonly engine: Engine
  readonly log: Logger
  readonly config: BackupsConfig
  /** Absolute. */
  readonly folder: string
  readonly threads: BackupThreads
  readonly reservations: Reservations
  readonly history: BackupHistory
  /** Of the catalog’s own backups. */
  readonly catalogRule: RetentionRule
  /** How long other processes may take to notice a change of the catalog. */
  readonly pollSeconds: number
  keys(): Promise<BackupKeys>
  /** The calendar date of a moment, `2026-11-27`, in the configured time zone. */
  dateOf(moment: Date): string
  /** Throws TENANT_UNKNOWN. */
  tenant(id: TenantId): Promise<CatalogTenant>
  /** Tenants behind an id, a page of them; empty at the end. */
  page(after: TenantId): Promise<readonly PagedTenant[]>
  /** Ids by the names of databases. */
  tenantsByName(): Promise<ReadonlyMap<string, TenantId>>
  subject(target: 'catalog' | TenantId): Promise<Subject>
  readonly changes: Pick<CatalogChanges, 'add' | 'remove' | 'subscribe'>
  /** Serves what was restored at once, and looks for tenants that changed in the catalog. */
  refresh(restored: 'catalog' | TenantId): Promise<void>
}
