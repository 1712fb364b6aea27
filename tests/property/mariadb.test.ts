import { after, before } from 'node:test'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { rootQuery } from '../support/root-query.js'
import { migrationProperty } from './migration-property.js'

const NAME = 'property_pair'
const CATALOG = 'property_catalog'

await withMariaDb('migrations on MariaDB', (server) => {
  let engine: Engine
  let database: Database
  const root = rootQuery(server)
  const identity = { name: NAME, user: NAME, secret: 'a Stored secret 1' }
  before(async () => {
    engine = mysqlEngineOn(server, CATALOG)
    await engine.provisionCatalog()
    await engine.provision(identity)
    database = engine.tenant(identity)
  })
  after(async () => {
    await database.close()
    await engine.close()
    for (const statement of [`DROP DATABASE ${NAME}`, `DROP DATABASE ${CATALOG}`, `DROP USER '${NAME}'@'%'`]) {
      await root(statement)
    }
  })
  migrationProperty(async (use) => {
    try {
      return await use(database, engine)
    } finally {
      await empty(database)
    }
  })
})

async function empty(database: Database): Promise<void> {
  await database.session(async (session) => {
    const found = await session.select<{ name: string; type: string }>(
      `SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()`,
    )
    await session.execute('SET foreign_key_checks = 0')
    for (const { name, type } of found) {
      await session.execute(`DROP ${type === 'VIEW' ? 'VIEW' : 'TABLE'} \`${name}\``)
    }
  })
}
