import { type Fault, M3Error } from '../errors.js'

const MIGRATION = Symbol.for('m3saas.migration')

/**
 * What a hand-written migration is given: the tenant's own database, nothing else. Parameters stand for `?`.
 * All of `up` is one transaction, but MySQL commits at every DDL statement.
 */
export interface MigrationContext {
  readonly engine: 'mysql' | 'sqlite'
  /** Whether the table is there. On a new database it is not: what is declared is created after these migrations. */
  hasTable(name: string): Promise<boolean>
  /** Runs one statement without a result: DDL. */
  execute(sql: string): Promise<void>
  select<R = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<R[]>
  run(sql: string, parameters?: readonly unknown[]): Promise<{ affectedRows: number }>
}

export interface MigrationDefinition {
  /** Unique in the module version; migrations run in the order the module lists them. */
  readonly name: string
  readonly up: (context: MigrationContext) => Promise<void>
  readonly down?: (context: MigrationContext) => Promise<void>
}

/** Declares a hand-written migration. Throws MODULE_INVALID with every fault. */
export function defineMigration(migration: MigrationDefinition): MigrationDefinition {
  const faults: Fault[] = []
  if (typeof migration?.name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(migration.name)) {
    faults.push({ path: 'name', message: 'must be letters, digits, . _ or -, at most 100' })
  }
  if (typeof migration?.up !== 'function') faults.push({ path: 'up', message: 'must be a function' })
  if (migration?.down !== undefined && typeof migration.down !== 'function') {
    faults.push({ path: 'down', message: 'must be a function, or be left out' })
  }
  if (faults.length > 0) throw new M3Error('MODULE_INVALID', 'The migration is not declared well', { faults })
  return Object.freeze({ [MIGRATION]: true, ...migration })
}

export function isMigration(value: unknown): value is MigrationDefinition {
  return typeof value === 'object' && value !== null && MIGRATION in value
}
