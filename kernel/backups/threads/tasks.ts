import type { DatabaseConnection } from '../../engines/contract.js'
import type { DumpFormat, LoadReport, Withheld } from '../../engines/dump.js'
import type { ArchiveOrigin } from '../archive/origin.js'
import type { NamedBackup } from '../contract.js'

/** What is dumped, and to which folder. Plain data that crosses to a thread. */
export interface DumpTask {
  readonly connection: DatabaseConnection
  /** In the first record of the file, so that it is never taken for another tenant’s. */
  readonly origin: ArchiveOrigin
  readonly format: DumpFormat
  readonly withheld: Withheld
  /** Absolute; the file is written beside, and gets its name when it is whole and on disk. */
  readonly folder: string
  readonly beforeMigration: boolean
  /** Of gzip, 1 to 9. */
  readonly compression: number
  /** 32 bytes; absent: not encrypted. */
  readonly key?: Uint8Array
}

export interface DumpResult {
  readonly backup: NamedBackup
  /** Of the file. */
  readonly bytes: number
  /** Before compression. */
  readonly rawBytes: number
  readonly rows: Readonly<Record<string, number>>
  readonly warnings: readonly string[]
}

/** What is loaded, and where to. */
export interface LoadTask {
  readonly connection: DatabaseConnection
  /** Absolute; its name is that of a backup. */
  readonly file: string
  /** The key that backups are encrypted with now, and those of before. */
  readonly keys: readonly Uint8Array[]
}

export interface LoadResult {
  readonly loaded: LoadReport
  readonly origin: ArchiveOrigin
  /** Of the file. */
  readonly bytes: number
}
