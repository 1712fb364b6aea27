import { bigint, boolean, datetime, id, int, password, varchar } from '../contract/columns.js'
import { defineTable } from '../contract/define-table.js'

/**
 * The catalog's own tables, declared as any module's. Names and columns are those of the original system,
 * so that its master database can be adopted in place.
 */

export const tenants = defineTable('tenants', {
  columns: {
    name: varchar(64).unique(),
    user: varchar(64).unique(),
    /** In the catalog only its keyed hash is kept: see secrets.ts. */
    password: password(),
    per_day_backups: int().default(1),
    max_backups: int().default(10),
    /** It is not served and its jobs do not run; it is migrated as any other. */
    suspended: boolean().default(false),
    /** Grows when its database is replaced by a restore: every process then builds the tenant anew. */
    generation: int().unsigned().default(0),
  },
})

export const modules = defineTable('modules', {
  columns: { name: varchar(64).unique() },
})

export const modulesDependencies = defineTable('modules_dependencies', {
  columns: {
    module_id: id().references(modules, { onDelete: 'cascade' }),
    dependency_module_id: id().references(modules, { onDelete: 'cascade' }),
    version: int().unsigned().default(1),
  },
  indexes: [{ columns: ['module_id', 'dependency_module_id', 'version'], unique: true }],
})

export const subscriptions = defineTable('subscriptions', {
  columns: {
    tenant_id: id().references(tenants, { onDelete: 'cascade' }),
    module_id: id().references(modules, { onDelete: 'cascade' }),
    version: int().unsigned().default(1),
  },
  indexes: [{ columns: ['tenant_id', 'module_id', 'version'], unique: true }],
})

/** The kernel's own jobs on the catalog. A row that an original catalog has keeps its `last_run`. */
export const cronjobs = defineTable('cronjobs', {
  columns: {
    name: varchar(255).unique(),
    last_run: datetime().nullable(),
    first_seen: datetime().nullable(),
    attempts: int().unsigned().default(0),
    retry_at: datetime().nullable(),
    revision: int().unsigned().default(0),
    claim: varchar(36).nullable(),
    /** Milliseconds since 1970 by the clock of the database. */
    claimed_until: bigint().nullable(),
  },
})

/** Those that `seeds/` fills, in the order in which they are filled. */
export const seededTables = [tenants, modules, modulesDependencies, subscriptions] as const

export const catalogTables = [...seededTables, cronjobs] as const
