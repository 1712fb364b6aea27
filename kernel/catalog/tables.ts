import { id, int, password, varchar } from '../contract/columns.js'
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

export const catalogTables = [tenants, modules, modulesDependencies, subscriptions] as const
