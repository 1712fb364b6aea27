import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe } from 'node:test'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { OpenGate } from '../engines/open-gate.js'
import { migrationProperty } from './migration-property.js'

describe('migrations on SQLite', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-property-'))
  after(() => rm(folder, { recursive: true }))
  const limits = { connectionsPerTenant: 1, connectionWaitSeconds: 5, connectionIdleSeconds: 60 }
  let made = 0
  migrationProperty(async (use) => {
    const directory = path.join(folder, String(++made))
    const engine = createSqliteEngine({ directory, limits, gate: new OpenGate() })
    const identity = { name: 'pair', user: 'pair', secret: '' }
    await engine.provision(identity)
    const database = engine.tenant(identity)
    try {
      return await use(database, engine)
    } finally {
      await database.close()
      await engine.close()
      await rm(directory, { recursive: true })
    }
  })
})
