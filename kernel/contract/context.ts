import type { FastifyBaseLogger } from 'fastify'
import type { Model, ModelStatic } from 'sequelize'
import type { TenantId } from '../names.js'
import type { Insert, Row, TableDefinition } from './define-table.js'
import type { ViewDefinition, ViewRow } from './define-view.js'

/** A row of a Sequelize model with its columns as properties. */
export type ModelRow<Attributes extends object, Creation extends object = Attributes> = Model<Attributes, Creation> &
  Attributes

/** The tenant's Sequelize model of a table. */
export type TableModel<T extends TableDefinition> = ModelStatic<ModelRow<Row<T>, Insert<T>>>

/** The tenant's model of a view; writing through it throws. */
export type ViewModel<V extends ViewDefinition> = ModelStatic<ModelRow<ViewRow<V>>>

/** A value of an SQL statement: always bound, never pasted into the text. */
export type SqlValue = string | number | bigint | boolean | Date | Uint8Array | null

export interface SqlResult {
  readonly affectedRows: number
  /** The number given to an auto-increment column, or null. */
  readonly insertId: number | string | null
}

/**
 * Prepared statements on the tenant's own pool: sql`SELECT title FROM notes WHERE id = ${id}` gives the rows,
 * sql.run`DELETE FROM notes WHERE id = ${id}` what changed. Dates are Date objects, JSON columns text,
 * integers beyond 2⁵³ decimal text.
 */
export interface Sql {
  <R = Record<string, unknown>>(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<R[]>
  run(strings: TemplateStringsArray, ...values: SqlValue[]): Promise<SqlResult>
}

/** Reaches the tenant's data, and no other tenant's. */
export interface Data {
  /** The tenant's model of a table that the module, or a module it depends on, declares. */
  table<T extends TableDefinition>(table: T): TableModel<T>
  /** The same for a view. Both throw MODULE_INVALID for what no such module declares. */
  view<V extends ViewDefinition>(view: V): ViewModel<V>
  readonly sql: Sql
  /** All that `fn` does through `table`, `view` and `sql` is one transaction; inside another it is a savepoint. */
  transaction<R>(fn: () => Promise<R>): Promise<R>
}

/** Publishes messages for the tenant. */
export interface Mqtt {
  /** False: the deployment has no broker, and `publish` throws BROKER_UNAVAILABLE. */
  readonly enabled: boolean
  /**
   * Publishes to `<tenant name>/<topic>`. Resolves once the kernel has taken the message over, the broker being there or
   * not: of QoS 1 and 2 it is kept until the broker has acknowledged it, of QoS 0 it is sent, or lost if the broker is away.
   * Messages of one topic arrive in the order of the calls.
   * Throws MESSAGE_INVALID for a topic that is empty or has `#`, `+` or NUL, for a payload that is neither text nor bytes or
   * too long; QUEUE_FULL if too many messages wait already; BROKER_UNAVAILABLE; SHUTTING_DOWN.
   */
  publish(topic: string, payload: string | Uint8Array, options?: PublishOptions): Promise<void>
}

export interface PublishOptions {
  /** At most once, at least once, exactly once. 0 by default. */
  readonly qos?: 0 | 1 | 2
  /** The broker keeps it, as the last of its topic, for those who subscribe later. False by default. */
  readonly retain?: boolean
  /** The topic is one of `mqtt.sharedTopics`, and is taken as it is. False by default. */
  readonly shared?: boolean
}

/** What a module's `routes` and `exports` are handed. */
export interface ModuleContext extends Data {
  readonly tenant: { readonly id: TenantId; readonly name: string }
  /** The exports of a module that this one declared to depend on. Throws MODULE_INVALID for any other. */
  use<Exports>(module: UsableModule<Exports>): Exports
  readonly mqtt: Mqtt
  readonly log: FastifyBaseLogger
}

/** What a job is handed: what the routes of its module are, and which run it is. */
export interface JobContext extends ModuleContext {
  readonly job: {
    /** Such as `purge`. */
    readonly name: string
    /** 1, or more if the attempts before it failed. */
    readonly attempt: number
    /** The moment for which it runs: that of the tick, which may be a rehearsed one. */
    readonly now: Date
  }
}

/** As much of a module as `use` needs to know it and to type what it exports. */
export interface UsableModule<Exports> {
  readonly name: string
  readonly version: number
  readonly exports?: (context: ModuleContext) => Exports | Promise<Exports>
}
