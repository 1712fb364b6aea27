/** Codes of https://sqlite.org/c3ref/c_alter_table.html */
const ACTION = { DELETE: 9, INSERT: 18, PRAGMA: 19, UPDATE: 23, ATTACH: 24, DETACH: 25 } as const
const OK = 0
const DENY = 1

/** These only tell, whatever their argument, or last no longer than the transaction. */
const HARMLESS = new Set([
  ...['table_info', 'table_xinfo', 'table_list', 'index_list', 'index_info', 'index_xinfo'],
  ...['foreign_key_list', 'foreign_key_check', 'integrity_check', 'quick_check'],
  ...['function_list', 'collation_list', 'compile_options', 'defer_foreign_keys'],
])

/** These tell without an argument and change something with one. */
const READABLE = new Set([
  ...['foreign_keys', 'legacy_alter_table', 'recursive_triggers', 'journal_mode', 'synchronous', 'encoding'],
  ...['user_version', 'application_id', 'schema_version', 'data_version'],
  ...['page_count', 'page_size', 'freelist_count', 'auto_vacuum'],
])

/** The kernel's own, for migrations. The first three outlast the statement that sets them. */
const SETTINGS = new Set(['foreign_keys', 'legacy_alter_table', 'recursive_triggers'])
const KERNEL = new Set([...SETTINGS, 'user_version', 'application_id', 'wal_checkpoint', 'optimize'])

/** What a statement does, as far as its result is told by it. */
export interface StatementKind {
  /** Inserts, updates or deletes rows, and is no DDL. */
  readonly writes: boolean
  /** The table it inserts into, by itself and not by a trigger. */
  readonly insertsInto: string | undefined
}

/**
 * What a connection may do. SQLite asks it while it compiles a statement: no other database is opened (ATTACH, and
 * VACUUM, which attaches), and no pragma is set that would block the process (`busy_timeout`), reach beyond this
 * database (`temp_store_directory`) or damage it (`writable_schema`).
 */
export class Guard {
  /** The statement being compiled is the kernel's own. */
  trusted = false
  /** A setting was set, perhaps to what the next user of the connection does not expect. */
  settingsChanged = false
  /** What was refused last, in words. */
  refused = ''
  /** Grows whenever SQLite compiles, so also when it compiles a kept statement anew because the schema has changed. */
  compilations = 0
  #touchesSchema = false
  #writes = false
  #insertsInto: string | undefined

  readonly authorize = (
    action: number,
    first: string | null,
    second: string | null,
    _database: string | null,
    trigger: string | null,
  ): number => {
    this.compilations++
    switch (action) {
      case ACTION.ATTACH:
      case ACTION.DETACH:
        this.refused = 'ATTACH, DETACH and VACUUM'
        return DENY
      case ACTION.PRAGMA:
        return this.#pragma((first ?? '').toLowerCase(), second)
      case ACTION.INSERT:
      case ACTION.UPDATE:
      case ACTION.DELETE:
        this.#note(action, first ?? '', trigger)
        return OK
      default:
        return OK
    }
  }

  /** Compiles with `prepare` and tells what kind of statement it was. */
  watch<T>(prepare: () => T): { prepared: T; kind: StatementKind } {
    this.#touchesSchema = false
    this.#writes = false
    this.#insertsInto = undefined
    const prepared = prepare()
    const writes = this.#writes && !this.#touchesSchema
    return { prepared, kind: { writes, insertsInto: writes ? this.#insertsInto : undefined } }
  }

  #note(action: number, table: string, trigger: string | null): void {
    if (/^sqlite_(temp_)?(master|schema)$/i.test(table)) this.#touchesSchema = true
    this.#writes = true
    if (action === ACTION.INSERT && trigger === null) this.#insertsInto ??= table
  }

  #pragma(name: string, argument: string | null): number {
    if (HARMLESS.has(name) || (READABLE.has(name) && argument === null)) return OK
    if (this.trusted && KERNEL.has(name)) {
      if (SETTINGS.has(name)) this.settingsChanged = true
      return OK
    }
    this.refused = `PRAGMA ${name}`
    return DENY
  }
}
