import type { DumpFormat, Withheld } from '../engines/dump.js'
import type { EngineKind } from '../engines/engine-kind.js'
import type { Fault } from '../errors.js'
import type { ModuleVersionName, TenantId } from '../names.js'

/** Whose database is backed up or restored. */
export type Target = 'catalog' | TenantId

/** Why a backup was made. Those before a migration are kept apart from the others: see retention.ts. */
export type BackupReason = 'manual' | 'job' | 'migration'

/** A backup as its name tells of it. */
export interface NamedBackup {
  /** Of the file: `shop-2026-11-27T21-02-03.456Z.backup.gz`. */
  readonly name: string
  readonly database: string
  /** The moment that the backup is of, by the clock of this machine. */
  readonly taken: Date
  /** Made before a migration that loses data. */
  readonly beforeMigration: boolean
  readonly format: DumpFormat
  readonly encrypted: boolean
}

/** A backup as it is listed; moments in ISO 8601. */
export interface BackupSummary extends Omit<NamedBackup, 'taken'> {
  readonly taken: string
  /** Absent where no tenant of the catalog has such a database. */
  readonly target?: Target
  /** Of the file. */
  readonly bytes: number
  /** From the history; absent for a file that came from elsewhere. */
  readonly rows?: number
  readonly ms?: number
}

/** What was backed up; plain data, ready for JSON. */
export interface BackupReport {
  readonly target: Target
  readonly name: string
  readonly database: string
  readonly engine: EngineKind
  readonly taken: string
  /** Of the file. */
  readonly bytes: number
  /** Before compression. */
  readonly rawBytes: number
  readonly tables: number
  readonly rows: number
  readonly encrypted: boolean
  /** Backups that went by the rule of retention. */
  readonly removed: readonly string[]
  readonly warnings: readonly string[]
  readonly ms: number
}

export interface RestoreRequest {
  /** Whose backups: a target, or the name of a database that no tenant of this catalog has. */
  readonly from: Target | { readonly database: string }
  /** Which: the latest if it is left out; the latest of a date (`2026-11-27`, in `timeZone`); or one by its name. */
  readonly at?: string
  /** Into whose database, on purpose: another tenant, or a new one of this name. Left out: whose it is. */
  readonly as?: TenantId | { readonly newTenant: string }
  /** Of a new tenant: those of the tenant that the backup is of, or none. */
  readonly subscriptions?: 'copy' | 'none'
  /** Loads and checks it, and leaves everything as it was. */
  readonly dryRun?: boolean
}

/** What was restored; plain data, ready for JSON. */
export interface RestoreReport {
  /** Absent of a rehearsal for a new tenant, which has no id yet. */
  readonly target?: Target
  readonly database: string
  /** The backup. */
  readonly name: string
  readonly of: string
  readonly taken: string
  readonly dryRun: boolean
  /** A tenant was added for it. */
  readonly added: boolean
  readonly subscriptions?: readonly ModuleVersionName[]
  readonly bytes: number
  readonly tables: number
  readonly rows: number
  readonly warnings: readonly string[]
  readonly ms: number
}

/** A line of the history. */
export interface HistoryEntry {
  readonly id: string
  readonly action: 'backup' | 'restore'
  readonly target?: Target
  readonly database: string
  /** Of the file; absent where none came of it. */
  readonly name?: string
  readonly reason: BackupReason
  readonly started: string
  readonly ms: number
  readonly bytes?: number
  readonly rows?: number
  /** Why it failed; absent if it went well. */
  readonly error?: string
}

/** How far long work has come, between 0 and 1; now and then, not at each step. */
export interface Progress {
  readonly part: number
  /** Of the file, written or read so far. */
  readonly bytes: number
}

export interface WorkOptions {
  readonly signal: AbortSignal
  readonly progress?: (progress: Progress) => void
}

/** What a backup of all tells of as it goes. */
export type BackupEvent =
  | { readonly event: 'begin'; readonly databases: number }
  | ({ readonly event: 'backup' } & BackupReport)
  /** There is nothing to back up: a tenant that was never called has no database. */
  | { readonly event: 'skipped'; readonly target: Target; readonly reason: string }
  | {
      readonly event: 'failure'
      readonly target: Target
      readonly code: string
      readonly message: string
      readonly faults?: readonly Fault[]
    }
  | {
      readonly event: 'summary'
      readonly databases: number
      readonly done: number
      readonly skipped: number
      readonly failed: number
      readonly bytes: number
      readonly rows: number
      readonly ms: number
    }

/** A backup that is being downloaded: the file as it is. */
export interface Download {
  readonly summary: BackupSummary
  readonly bytes: number
  readonly stream: NodeJS.ReadableStream
}

export interface CreateOptions {
  /** `migration`: whoever asks holds the lock of the database already. */
  readonly reason: BackupReason
  readonly format?: DumpFormat
  readonly withheld?: Withheld
}

/** What commands, ops routes, jobs and migrations do with backups. */
export interface BackupActions {
  /**
   * Throws TENANT_UNKNOWN, DATABASE_UNAVAILABLE, LOCKED, BACKUP_FAILED (a full disk, a folder that cannot be written to):
   * nothing that looks like a backup is left then.
   */
  create(target: Target, options: WorkOptions & CreateOptions): Promise<BackupReport>
  /** The catalog and all tenants, `backups.parallel` at a time. One that fails holds up no other. */
  createAll(options: { readonly signal: AbortSignal }): AsyncIterable<BackupEvent>
  /** The newest first; of one target, or all that stand in the folder. */
  list(target?: Target): Promise<readonly BackupSummary[]>
  /** Which one a restore would take. Throws BACKUP_UNKNOWN, telling which there are. */
  choose(request: Pick<RestoreRequest, 'from' | 'at'>): Promise<BackupSummary>
  /** The newest first. */
  history(target: Target | undefined, most: number): Promise<readonly HistoryEntry[]>
  /** Throws BACKUP_UNKNOWN, also for one of another target. */
  open(target: Target | undefined, name: string): Promise<Download>
  /** The text inside, decrypted and decompressed, for people. Throws BACKUP_UNKNOWN, BACKUP_INVALID. */
  read(name: string): AsyncIterable<Uint8Array>
  /** Throws BACKUP_UNKNOWN, also for one of another target. */
  remove(target: Target | undefined, name: string): Promise<void>
  /** Throws BACKUP_UNKNOWN, BACKUP_INVALID, RESTORE_REFUSED, RESTORE_FAILED, LOCKED: the database is as it was then. */
  restore(request: RestoreRequest, options: WorkOptions): Promise<RestoreReport>
}
