import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { ModuleContext, Mqtt } from '../contract/context.js'
import type { ModuleDefinition } from '../contract/define-module.js'
import type { TenantId } from '../names.js'

/** What the HTTP floor makes of a tenant: the routes of its modules, ready to answer. */
export interface Scope {
  /** Answers a request whose URL has been cut to `/<module>/v<major>/…`. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** What can be asked of it, in the order of registration. */
  readonly routes: readonly RouteSummary[]
  close(): Promise<void>
}

/** A route as it is shown to people: `PUT /notes/v1.1/:id`, with the sub-version it exists since. */
export interface RouteSummary {
  readonly method: string
  readonly path: string
}

/** What a scope is built from. */
export interface TenantRuntime {
  readonly id: TenantId
  readonly name: string
  /** Dependencies first. */
  readonly modules: readonly ModuleDefinition[]
  /** The context of one of its modules; `use` in it reaches the modules whose exports are made already. */
  contextOf(module: ModuleDefinition, log: FastifyBaseLogger): ModuleContext
  /** Calls the module's `exports` once and keeps what it returns for `use`. Call it in the order of `modules`. */
  prepareExports(module: ModuleDefinition, context: ModuleContext): Promise<void>
}

/** Gives what a tenant's modules and jobs publish by. */
export type PublisherOf = (tenant: ModuleContext['tenant']) => Mqtt

export type BuildScope = (tenant: TenantRuntime) => Promise<Scope>

/** A tenant as `build-tenant` leaves it. */
export interface BuiltTenant {
  readonly id: TenantId
  readonly name: string
  /** Changes when the tenant, its subscriptions or the dependencies of modules change in the catalog. */
  readonly signature: string
  readonly scope: Scope
  /** Closes the scope and the tenant's connections; those in use are waited for `seconds` at most. */
  close(seconds: number): Promise<void>
}

/** A tenant that is being served. Whoever hands it a request calls `begin` before and `end` once the response closed. */
export interface LiveTenant {
  readonly id: TenantId
  readonly name: string
  readonly scope: Scope
  begin(): void
  end(): void
}

/** Gives live tenants to the HTTP floor. */
export interface TenantSource {
  /** The tenant if it is live at this moment, marked as used just now. */
  live(id: TenantId): LiveTenant | undefined
  /**
   * Builds it, or waits for the build under way. Between this promise and its reader the tenant may be released again:
   * ask `live` once more and call `begin` in the same turn.
   * Throws TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_UNAVAILABLE, DATABASE_UNAVAILABLE or OVERLOADED.
   */
  build(id: TenantId): Promise<void>
}
