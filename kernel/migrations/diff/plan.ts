import type { Ddl } from '../../engines/ddl.js'
import type { EngineKind } from '../../engines/engine-kind.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import { checksOf } from '../checks/ask.js'
import type { Check } from '../checks/check.js'
import type { DeclaredSchema } from '../declared/declared-schema.js'
import { expectedSchema } from '../record/expected-schema.js'
import { aheadOf, recordOf, renamedTables, type SchemaRecord } from '../record/schema-record.js'
import { changeSteps } from './changed-tables.js'
import { compareSchemas, kindFaults } from './compare-schemas.js'
import { isAddition } from './compare-tables.js'
import { createSteps } from './created-tables.js'
import { disowned, dropSteps } from './dropped-tables.js'
import { heldFaults } from './held-keys.js'
import { find } from './names.js'
import { danglingFaults } from './relinked-keys.js'
import { renameSteps } from './rename-steps.js'
import { findRenames, formerTableName, renamed } from './renames.js'
import type { MigrationStep } from './step.js'
import { triggerFaults } from './trigger-faults.js'
import { planViews } from './view-steps.js'

export interface PlanInput {
  readonly declared: Pick<DeclaredSchema, 'tables' | 'views' | 'modules' | 'owners' | 'fingerprint'>
  /** What is declared, as the server shows it in an empty database. */
  readonly wanted: LiveSchema
  readonly live: LiveSchema
  /** Of the last migration; undefined where there is none: then nothing is dropped. */
  readonly record: SchemaRecord | undefined
  readonly engine: { readonly kind: EngineKind; readonly ddl: Ddl }
}

export interface MigrationPlan {
  /** In the order to run them. */
  readonly steps: readonly MigrationStep[]
  /** Why the plan must not be run. */
  readonly refusals: readonly Fault[]
  /** What must be asked of the data first. */
  readonly checks: readonly Check[]
  /** The tables that destructive steps change, by the names they have now. */
  readonly endangered: readonly string[]
  /** Nothing that is there is changed, but for views made anew. */
  readonly additive: boolean
  /** The views that are there all along. */
  readonly staying: readonly string[]
  /** What to record before the first step, and after the last one. */
  readonly ahead: SchemaRecord
  readonly after: SchemaRecord
  /** Another look must tell what to expect: the server may have rewritten views and triggers, made by hand, that stay. */
  readonly isGuess: boolean
}

/**
 * What brings a database to what is declared. Pure but for `ddl`, which may throw MODULE_INVALID for a table that the
 * engine cannot hold. Any statement may be the last one that runs: the next plan goes on from what is there then.
 */
export function planMigration({ declared, wanted, live: found, record, engine }: PlanInput): MigrationPlan {
  const { ddl } = engine
  const renames = findRenames(declared.tables, found, record?.tables)
  const live = renamed(found, renames, ddl)
  const own = renamedTables(live, record?.tables ?? {}, renames)
  const { created, changes, isInTheWay } = compareSchemas(declared.tables, wanted, live, own)
  const droppedTables = disowned(own, declared).flatMap((name) => find(live, live.tables, name)?.name ?? [])
  const droppedViews = disowned(record?.views ?? {}, declared).flatMap(
    (name) => find(live, live.views, name)?.name ?? [],
  )

  const altering = changeSteps(ddl, changes)
  const creating = createSteps(ddl, created)
  const dropping = dropSteps(ddl, live, droppedTables, altering.touched)
  const renamedNames = [...renames.tables.flatMap(({ from, to }) => [from, to]), ...renames.columns.map((c) => c.table)]
  const changed = [...altering.touched, ...droppedTables, ...renamedNames]
  const views = planViews(declared.views, wanted, live, changed, droppedViews, engine)
  // What is lost goes last, but for tables whose foreign keys have names that are needed.
  const dropsEarly = droppedTables.some((name) => live.tables[name] && isInTheWay(live.tables[name]))
  const steps = [
    ...views.drops,
    ...renameSteps(ddl, renames),
    ...altering.unlinks,
    ...dropping.unlinks,
    ...(dropsEarly ? dropping.drops : []),
    ...altering.alters,
    ...creating.creates,
    ...altering.links,
    ...creating.links,
    ...(dropsEarly ? [] : dropping.drops),
    ...views.creates,
  ]
  const endangered = steps.flatMap(({ destructive, table }) =>
    destructive ? [formerTableName(live, renames, find(live, live.tables, table)?.name ?? table)] : [],
  )
  const expected = expectedSchema(live, wanted, { changes, droppedTables, droppedViews })
  const after = recordOf(declared, wanted, { live, tables: own, views: record?.views ?? {} }, expected)
  return {
    steps,
    refusals: [
      ...kindFaults(declared, live),
      ...danglingFaults(live, changes, droppedTables),
      ...(ddl.leavesTheRest ? heldFaults(live, changes, droppedTables) : []),
      ...triggerFaults(live, changes, renames, ddl.leavesTheRest),
      ...altering.refusals,
    ],
    checks: changes.flatMap((change) => checksOf({ change, changes, live, renames, ddl })),
    endangered: [...new Set(endangered)],
    additive:
      renamedNames.length === 0 && droppedTables.length === 0 && droppedViews.length === 0 && changes.every(isAddition),
    staying: views.staying,
    ahead: aheadOf(record, own, after, changes),
    after,
    isGuess:
      steps.length > 0 &&
      (Object.values(live.tables).some(({ extras }) => extras.length > 0) ||
        (renamedNames.length > 0 && views.staying.length > 0)),
  }
}
