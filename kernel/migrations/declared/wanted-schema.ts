import { LRUCache } from 'lru-cache'
import { viewSql } from '../../contract/define-view.js'
import type { Engine } from '../../engines/contract.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import { createSteps } from '../diff/created-tables.js'
import { Presumptions } from '../presumptions.js'
import { runStep } from '../run-step.js'
import type { DeclaredSchema } from './declared-schema.js'

/** Sets of modules that tenants of one process have: each schema is some tens of kilobytes. */
const MOST_SCHEMAS = 200

type MakingEngine = Pick<Engine, 'kind' | 'ddl' | 'introspect' | 'scratch'>

/**
 * What is declared in the server's own words: made in an empty database and looked at there. Known by fingerprint for all
 * databases of an engine; those that ask for one at the same time wait for the same.
 */
export class SchemaCache {
  /** Of the databases of an engine whose tables are altered in place. */
  readonly presumptions = new Presumptions()
  readonly #known = new WeakMap<MakingEngine, LRUCache<string, Promise<LiveSchema>>>()

  /** Throws MODULE_INVALID for what the engine cannot hold, or an error that names the step that failed. */
  wanted(
    engine: MakingEngine,
    declared: Pick<DeclaredSchema, 'tables' | 'views' | 'fingerprint'>,
  ): Promise<LiveSchema> {
    const ofEngine = this.#known.get(engine) ?? new LRUCache({ max: MOST_SCHEMAS })
    this.#known.set(engine, ofEngine)
    const { fingerprint } = declared
    const known = ofEngine.get(fingerprint)
    if (known) return known
    const made = makeAside(engine, declared)
    ofEngine.set(fingerprint, made)
    made.catch(() => {
      if (ofEngine.peek(fingerprint) === made) ofEngine.delete(fingerprint)
    })
    return made
  }

  /**
   * Resolves when it is known, or cannot be made: whoever asks for it then is told why. To be waited for before a
   * connection is taken that may be the last one: the empty database needs one as well.
   */
  async warm(...what: Parameters<SchemaCache['wanted']>): Promise<void> {
    await this.wanted(...what).catch(() => undefined)
  }
}

async function makeAside(
  engine: MakingEngine,
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
