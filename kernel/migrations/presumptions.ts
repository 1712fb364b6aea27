import { LRUCache } from 'lru-cache'
import type { LiveSchema } from '../engines/live-schema.js'
import { type MigrationPlan, type PlanInput, planMigration } from './diff/plan.js'
import { driftOf } from './record/drift.js'
import { outlineOf } from './record/outline.js'
import type { SchemaRecord } from './record/schema-record.js'
import type { StoredRecord } from './record/stored-record.js'

/** What a database held that was as its record said, and the plans made from it, by what was declared. */
interface State {
  readonly record: SchemaRecord
  readonly live: LiveSchema
  readonly plans: Map<string, MigrationPlan>
}

/** States that the databases of one deployment are in: each is some tens of kilobytes. */
const MOST_STATES = 50

/**
 * What databases with one and the same record hold. Looking at a database takes its server longer than changing it; of
 * many that were migrated alike, one is looked at, and the others are presumed to be as their records say. A plan made so
 * is given only if all it does is to add: where it is wrong, because somebody changed the database by hand, a statement
 * fails and nothing is lost, and the database is looked at after all.
 */
export class Presumptions {
  readonly #states = new LRUCache<string, State>({ max: MOST_STATES })

  /** Keeps what a database was found to hold, if that is what its record says. */
  keep(stored: StoredRecord, live: LiveSchema): void {
    const { text } = stored
    if (text === undefined || this.#states.has(text) || !stored.record) return
    if (driftOf(stored.record.expected, outlineOf(live)).length > 0) return
    this.#states.set(text, { record: stored.record, live, plans: new Map() })
  }

  /**
   * The plan for a database that is as its record says; undefined if no such database was looked at yet, or if there is
   * more to do than to add. `settled`: the fingerprint of the migration that was the last thing done to it.
   */
  plan({ text }: StoredRecord, settled: string, input: Omit<PlanInput, 'live' | 'record'>): MigrationPlan | undefined {
    const state = text === undefined ? undefined : this.#states.get(text)
    if (!state || state.record.fingerprint !== settled) return undefined
    const { record, live, plans } = state
    const { fingerprint } = input.declared
    const plan = plans.get(fingerprint) ?? planMigration({ ...input, live, record })
    plans.set(fingerprint, plan)
    return plan.additive && plan.refusals.length === 0 ? plan : undefined
  }
}
