import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe } from 'node:test'
import { migrate } from '../../kernel/migrations/migrate.js'
import { OPTIONS } from '../support/schemas.js'
import { killedMigrationSuite } from './killed-migration.js'
import { engineAt, type Place } from './killed-migration-child.js'
import { declareBefore, fill } from './killed-migration-schemas.js'

describe('killed migrations on SQLite', () => {
  const identity = { name: 'killed', user: 'killed', secret: '' }
  let folder: string
  const placeIn = (name: string): Place => ({ identity, directory: path.join(folder, name), catalog: '' })
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm3saas-killed-'))
    const engine = engineAt(placeIn('pristine'))
    await engine.provision(identity)
    const database = engine.tenant(identity)
    await migrate(database, engine, declareBefore(), OPTIONS)
    await fill(database)
    await database.close()
    await engine.close()
  })
  after(() => rm(folder, { recursive: true }))
  killedMigrationSuite(
    () => placeIn('data'),
    async () => {
      await rm(path.join(folder, 'data'), { recursive: true, force: true })
      await cp(path.join(folder, 'pristine'), path.join(folder, 'data'), { recursive: true })
    },
  )
})
