/** What authors of modules and seeds import from `m3saas`. */

/** The types of Fastify's that signatures in modules name; so a module needs no dependency of its own for them. */
export type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
export { modules, modulesDependencies, subscriptions, tenants } from './catalog/tables.js'
export * from './contract/columns.js'
export type {
  Data,
  JobContext,
  ModelRow,
  ModuleContext,
  Mqtt,
  PublishOptions,
  Sql,
  SqlResult,
  SqlValue,
  TableModel,
  ViewModel,
} from './contract/context.js'
export { type CronjobsDefinition, defineCronjobs, type JobDeclaration } from './contract/define-cronjobs.js'
export { defineMigration, type MigrationContext, type MigrationDefinition } from './contract/define-migration.js'
export { defineModule, type ModuleDefinition } from './contract/define-module.js'
export { defineSeed, type SeedDefinition } from './contract/define-seed.js'
export { defineTable, type Insert, type Row, type TableDefinition } from './contract/define-table.js'
export { defineView, type ViewDefinition, type ViewRow } from './contract/define-view.js'
export type { SinceConstraint } from './contract/fastify.js'
export type { JsonSchema, ObjectSchema, TableSchemas } from './contract/json-schema.js'
export { Op } from './contract/operators.js'
export { belongsTo, belongsToMany, hasMany, hasOne, type TableReference } from './contract/relations.js'
export { type ErrorCode, type Fault, M3Error } from './errors.js'
export { compareFullVersions, type FullVersion } from './names.js'
