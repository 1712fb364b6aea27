import { LRUCache } from 'lru-cache'
import { viewSql } from '../contract/define-view.js'
import type { Engine } from '../engines/contract.js'
import type { LiveSchema } from '../engines/live-schema.js'
import type { DeclaredSchema } from './declared-schema.js'
import { createSteps } from './diff/created-tables.js'
import { runStep } from './run-step.js'

/** Sets of modules that tenants of one process have: each schema is some tens of kilobytes. */
const MOST_SCHEMAS = 200

/**
 * What is declared in the server's own words: made in an empty database and looked at there. Known by fingerprint for all
 * databases of one engine, which the cache belongs to; those that ask for one at the same time wait for the same.
 */
export class SchemaCache {
  readonly #engine: Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>
  readonly #known = new LRUCache<string, Promise<LiveSchema>>({ max: MOST_SCHEMAS })

  constructor(engine: Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>) {
    this.#engine = engine
  }

  /** Throws MODULE_INVALID for what the engine cannot hold, or an error that names the step that failed. */
  wanted(declared: Pick<DeclaredSchema, 'tables' | 'views' | 'fingerprint'>): Promise<LiveSchema> {
    const known = this.#known.get(declared.fingerprint)
    if (known) return known
    const made = makeAside(this.#engine, declared)
    this.#known.set(declared.fingerprint, made)
    made.catch(() => {
      if (this.#known.peek(declared.fingerprint) === made) this.#known.delete(declared.fingerprint)
    })
    return made
  }
}

async function makeAside(
  engine: Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>,
  declared: Pick<DeclaredSchema, 'tables' | 'views'>,
): Promise<LiveSchema> {
  const { creates, links } = createSteps(engine.ddl, declared.tables)
  const views = declared.views.map((view) => {
    const sql = engine.ddl.createView(view.name, viewSql(view, engine.kind))
    return { kind: 'createView', table: view.name, sql } as const
  })
  return engine.scratch(async (session) => {
    for (const step of [...creates, ...links, ...views]) await runStep(session, step)
    return engine.introspect(session)
  })
}
