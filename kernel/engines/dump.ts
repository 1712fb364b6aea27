import type { Fault } from '../errors.js'
import type { EngineKind } from './engine-kind.js'

/** `archive` is what `loadDump` takes. `sql` is text for people and for the server's own client. */
export type DumpFormat = 'archive' | 'sql'

/** A piece of a dump. What its head says beyond this, and its body, are the engine's own. */
export interface DumpFrame {
  readonly head: FrameHead
  /** A mebibyte or so; more only where one row takes more. */
  readonly body: Uint8Array
}

/** Plain JSON. */
export interface FrameHead {
  /** Such as `table`, `rows`, `view`, `file`. */
  readonly kind: string
  /** Of the units that `Dump.total` counts, those that this frame brings. */
  readonly units: number
  readonly [more: string]: unknown
}

export interface DumpOptions {
  readonly format: DumpFormat
  /** What is never to stand in a dump: columns by table, in lower case, emptied in it. */
  readonly withheld: Withheld
  /** An existing folder for what has to stand on disk meanwhile; nothing is left in it. Absolute. */
  readonly folder: string
}

export type Withheld = Readonly<Record<string, readonly string[]>>

/** A consistent dump that is under way, of one moment. */
export interface Dump {
  readonly engine: EngineKind
  /** Of the server or the library, such as `MariaDB 10.11.6` or `SQLite 3.51.0`. */
  readonly version: string
  /** Units that are expected: rows (MySQL, the server's estimate) or bytes (SQLite). For a progress bar. */
  readonly total: number
  /** To be read once. Throws what the database throws: a dump that ends so is no dump. */
  readonly frames: AsyncIterable<DumpFrame>
  /** Rows by table that went into the frames; complete when they have ended. */
  readonly rows: Readonly<Record<string, number>>
  /** What a reader of the dump must know; complete when the frames have ended. E.g. a table that knows no snapshot. */
  readonly warnings: readonly string[]
  /** Lets go of the database, whether all was read or not. */
  close(): Promise<void>
}

/** What was loaded into an empty database; plain data that may cross between threads. */
export interface LoadReport {
  /** Counted in the loaded database, by table. */
  readonly rows: Readonly<Record<string, number>>
  /** Why it is not what was dumped: a view that cannot be read and could be, a file that is damaged. */
  readonly faults: readonly Fault[]
  /** What was so when it was dumped, and is worth a look: rows that refer to nothing. */
  readonly warnings: readonly string[]
  /** What `Staging.swap` makes when the tables stand in their place (MySQL: views, triggers, routines, events). */
  readonly definitions: readonly Definition[]
}

/** A statement that makes something, without a definer. */
export interface Definition {
  readonly kind: 'view' | 'trigger' | 'procedure' | 'function' | 'event' | 'sequence'
  readonly name: string
  readonly sql: string
  /** The settings that it was made under, as the server tells them. */
  readonly sqlMode?: string
  readonly characterSet?: string
  readonly collation?: string
  /** Of a view that could not be read when it was dumped. */
  readonly unreadable?: true
  /** Of an event: the zone that its moments are of. */
  readonly timeZone?: string
}
