import type { FastifyInstance } from 'fastify'
import { type Fault, M3Error } from '../errors.js'
import {
  formatModuleVersion,
  isModuleName,
  MODULE_NAME_RULE,
  type ModuleVersionName,
  parseModuleVersion,
  parseVersionFolder,
} from '../names.js'
import type { ModuleContext, UsableModule } from './context.js'
import { isMigration, type MigrationDefinition } from './define-migration.js'
import { isSeed, type SeedDefinition } from './define-seed.js'
import { isTable, type TableDefinition } from './define-table.js'
import { isView, type ViewDefinition } from './define-view.js'

const MODULE = Symbol.for('m3saas.module')

/** A module to depend on: its definition, or `'auth@v1'` where nothing of it is used. */
export type Dependency = UsableModule<unknown> | ModuleVersionName

/** One module version as declared: frozen plain data. */
export interface ModuleDefinition<Exports = unknown> extends UsableModule<Exports> {
  readonly dependsOn: readonly ModuleVersionName[]
  readonly tables: readonly TableDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly seeds: readonly SeedDefinition[]
  readonly migrations: readonly MigrationDefinition[]
  readonly routes?: (app: FastifyInstance, context: ModuleContext) => void | Promise<void>
}

export interface ModuleDeclaration<Exports> {
  /** The name of the folder `plugins/<name>/`. */
  readonly name: string
  /** The number of the folder `v<version>/`. */
  readonly version: number
  readonly dependsOn?: readonly Dependency[]
  readonly tables?: readonly TableDefinition[]
  readonly views?: readonly ViewDefinition[]
  readonly seeds?: readonly SeedDefinition[]
  readonly migrations?: readonly MigrationDefinition[]
  /** Called once a tenant; what it returns is what `use(module)` gives to the modules that depend on this one. */
  readonly exports?: (context: ModuleContext) => Exports | Promise<Exports>
  /** Registers the routes, hooks and decorators of the module in its own encapsulated scope. */
  readonly routes?: (app: FastifyInstance, context: ModuleContext) => void | Promise<void>
}

const KNOWN = ['name', 'version', 'dependsOn', 'tables', 'views', 'seeds', 'migrations', 'exports', 'routes']

/** Declares a module version. Throws MODULE_INVALID with every fault of the declaration. */
export function defineModule<Exports = undefined>(declaration: ModuleDeclaration<Exports>): ModuleDefinition<Exports> {
  const faults = moduleFaults(declaration)
  if (faults.length > 0) {
    const name = `${declaration?.name ?? 'unnamed'}@v${declaration?.version ?? '?'}`
    throw new M3Error('MODULE_INVALID', `The module ${name} is not declared well`, { faults })
  }
  const { name, version, exports, routes } = declaration
  const definition: ModuleDefinition<Exports> = {
    name,
    version,
    dependsOn: Object.freeze(
      (declaration.dependsOn ?? []).map((to) =>
        typeof to === 'string' ? to : formatModuleVersion(to.name, to.version),
      ),
    ),
    tables: Object.freeze([...(declaration.tables ?? [])]),
    views: Object.freeze([...(declaration.views ?? [])]),
    seeds: Object.freeze([...(declaration.seeds ?? [])]),
    migrations: Object.freeze([...(declaration.migrations ?? [])]),
    ...(exports ? { exports } : {}),
    ...(routes ? { routes } : {}),
  }
  return Object.freeze({ [MODULE]: true, ...definition })
}

export function isModule(value: unknown): value is ModuleDefinition {
  return typeof value === 'object' && value !== null && MODULE in value
}

function moduleFaults<Exports>(declaration: ModuleDeclaration<Exports>): Fault[] {
  if (typeof declaration !== 'object' || declaration === null)
    return [{ path: '', message: 'defineModule takes an object' }]
  const faults: Fault[] = []
  for (const key of Object.keys(declaration)) {
    if (!KNOWN.includes(key)) faults.push({ path: key, message: `is not known; a module has ${KNOWN.join(', ')}` })
  }
  if (typeof declaration.name !== 'string' || !isModuleName(declaration.name)) {
    faults.push({ path: 'name', message: `must be ${MODULE_NAME_RULE}` })
  }
  if (typeof declaration.version !== 'number' || parseVersionFolder(`v${declaration.version}`) === undefined) {
    faults.push({ path: 'version', message: 'must be the major version: a positive integer' })
  }
  for (const [i, dependency] of listOf(declaration.dependsOn, 'dependsOn', faults).entries()) {
    const known = typeof dependency === 'string' ? parseModuleVersion(dependency) !== undefined : isModule(dependency)
    if (!known)
      faults.push({ path: `dependsOn[${i}]`, message: "must be a module definition or a name like 'auth@v1'" })
  }
  const kinds = [
    ['tables', isTable, 'defineTable'],
    ['views', isView, 'defineView'],
    ['seeds', isSeed, 'defineSeed'],
    ['migrations', isMigration, 'defineMigration'],
  ] as const
  for (const [key, is, maker] of kinds) {
    for (const [i, value] of listOf(declaration[key], key, faults).entries()) {
      if (!is(value)) faults.push({ path: `${key}[${i}]`, message: `must be made by ${maker}` })
    }
    // Seeds go by their table: all rows of one table stand in one seed, so that their ids are seen together.
    const names = listOf(declaration[key], key, []).map(
      (value) => (isSeed(value) ? value.table : (value as Named))?.name,
    )
    for (const name of new Set(names.filter((each, i) => each !== undefined && names.indexOf(each) !== i))) {
      faults.push({ path: key, message: `lists ${name} twice` })
    }
  }
  for (const key of ['exports', 'routes'] as const) {
    if (declaration[key] !== undefined && typeof declaration[key] !== 'function') {
      faults.push({ path: key, message: 'must be a function' })
    }
  }
  return faults
}

interface Named {
  readonly name?: string
}

function listOf(value: unknown, path: string, faults: Fault[]): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  faults.push({ path, message: 'must be a list' })
  return []
}
