import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { int, varchar } from '../../kernel/contract/columns.js'
import { defineMigration } from '../../kernel/contract/define-migration.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { suiteLimits } from '../engines/engine-fixture.js'
import { OpenGate } from '../engines/open-gate.js'
import { makeAppRoot } from '../modules/app-root.js'
import { startMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { declare, liveSchema } from '../support/schemas.js'
import { settled } from './settled.js'

/** As on Windows and macOS, whose servers keep or compare names in lower case. */
const server = await startMariaDb(['--lower-case-table-names=1'])

const identity = { name: 'folded', user: 'folded', secret: 's' }

async function growsTwice(engine: Engine, database: Database): Promise<void> {
  const schema = (more: object, migrations: Parameters<typeof declare>[0]['migrations'] = []) => {
    const notes = defineTable('Notes', { columns: { title: varchar(20), ...more } })
    const latest = defineView('Latest', { sql: 'SELECT id FROM Notes', columns: { id: int() }, reads: [notes] })
    return declare({ tables: [notes], views: [latest], migrations })
  }
  await settled(database, engine, schema({}))
  const found: boolean[] = []
  const look = defineMigration({
    name: 'look',
    up: async ({ hasTable }) => {
      for (const name of ['Notes', 'notes', 'Note']) found.push(await hasTable(name))
    },
  })
  const { steps } = await settled(database, engine, schema({ color: varchar(9).nullable() }, [look]))
  assert.deepEqual(
    steps.map(({ kind, table }) => `${kind} ${table}`),
    ['dropView Latest', 'alterTable Notes', 'createView Latest'],
  )
  assert.deepEqual(found, [true, true, false])
}

describe('a table declared as Notes is the one that the database calls notes', () => {
  test('on SQLite', async (t) => {
    const directory = await makeAppRoot(t)
    const engine = createSqliteEngine({ directory, limits: suiteLimits, gate: new OpenGate() })
    await engine.provision(identity)
    const database = engine.tenant(identity)
    t.after(() => database.close())
    await growsTwice(engine, database)
  })

  describe('on a MySQL server that folds names', { skip: server ? false : 'no mariadbd is installed' }, () => {
    let engine: Engine
    before(() => {
      if (server) engine = mysqlEngineOn(server, 'folded_catalog')
    })
    after(() => server?.stop())

    test('it grows a column', async (t) => {
      await engine.provision(identity)
      const database = engine.tenant(identity)
      t.after(async () => {
        await database.close()
        await engine.close()
      })
      await growsTwice(engine, database)
      const live = await liveSchema(database, engine)
      assert.deepEqual(
        [Object.keys(live.tables), Object.keys(live.views), live.foldsNames],
        [['notes'], ['latest'], true],
      )
    })
  })
})
