import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { engineSuite } from './engine-suite.js'

engineSuite('sqlite', async (gate, limits) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-sqlite-'))
  return {
    engine: createSqliteEngine({ directory: path.join(folder, 'data'), limits, gate }),
    cleanup: () => rm(folder, { recursive: true }),
  }
})
