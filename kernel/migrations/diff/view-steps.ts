import { type ViewDefinition, viewSql } from '../../contract/define-view.js'
import type { Ddl } from '../../engines/ddl.js'
import type { EngineKind } from '../../engines/engine-kind.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import { requalified } from '../record/outline.js'
import { find, nameIn } from './names.js'
import type { MigrationStep } from './step.js'

export interface ViewPlan {
  /** Those that read others first. */
  readonly drops: readonly MigrationStep[]
  /** Those that others read first. */
  readonly creates: readonly MigrationStep[]
  /** Names of the views that are there all along. */
  readonly staying: readonly string[]
}

/**
 * A view is made anew if it differs, or if it reads, itself or through other views, what changes. `changed` are tables and
 * `dropped` views that are not declared any more, in any form of their names.
 */
export function planViews(
  views: readonly ViewDefinition[],
  wanted: LiveSchema,
  live: LiveSchema,
  changed: readonly string[],
  dropped: readonly string[],
  engine: { readonly kind: EngineKind; readonly ddl: Pick<Ddl, 'createView' | 'dropView'> },
): ViewPlan {
  const moving = new Set([...changed, ...dropped].map((name) => nameIn(live, name)))
  const remade = views.filter((view) => {
    const there = find(live, live.views, view.name)?.value
    const target = find(wanted, wanted.views, view.name)?.value
    const definition = target && requalified(target.definition, wanted.qualifier, live.qualifier)
    const isKept = there?.definition === definition && !view.reads.some((name) => moving.has(nameIn(live, name)))
    // Views come behind those they read.
    if (!isKept) moving.add(nameIn(live, view.name))
    return !isKept
  })
  const isGoing = new Set([...remade.map(({ name }) => name), ...dropped].map((name) => nameIn(live, name)))
  const drop = (name: string, why: string): MigrationStep[] =>
    find(live, live.views, name)
      ? [{ kind: 'dropView', table: name, sql: [engine.ddl.dropView(name)], destructive: false, changes: [why] }]
      : []
  return {
    drops: [
      ...dropped.toReversed().flatMap((name) => drop(name, 'drops the view')),
      ...remade.toReversed().flatMap(({ name }) => drop(name, 'drops the view, which is made anew')),
    ],
    creates: remade.map((view) => ({
      kind: 'createView',
      table: view.name,
      sql: engine.ddl.createView(view.name, viewSql(view, engine.kind)),
      destructive: false,
      changes: ['creates the view'],
    })),
    staying: Object.keys(live.views).filter((name) => !isGoing.has(nameIn(live, name))),
  }
}
