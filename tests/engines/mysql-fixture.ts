import { after, before, beforeEach } from 'node:test'
import type { MysqlEngineOptions } from '../../kernel/engines/mysql/mysql-engine.js'
import { type SharedMariaDb, withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { EngineFixture } from './engine-fixture.js'

/** A suite on MariaDB with one tenant, emptied before each test. All names begin with `prefix`. */
export async function withMysqlFixture(
  name: string,
  prefix: string,
  define: (fixture: EngineFixture, server: SharedMariaDb) => void,
  options: Partial<MysqlEngineOptions> = {},
): Promise<void> {
  await withMariaDb(name, (server) => {
    const fixture = new EngineFixture(prefix)
    before(() => fixture.start((gate, limits) => makeEngine(server, prefix, { gate, limits, ...options })))
    after(() => fixture.stop())
    beforeEach(() => fixture.reset())
    define(fixture, server)
  })
}

async function makeEngine(server: SharedMariaDb, prefix: string, options: Partial<MysqlEngineOptions>) {
  const catalog = `${prefix}_catalog`
  const engine = mysqlEngineOn(server, catalog, options)
  await engine.provisionCatalog()
  const cleanup = async () => {
    const root = mysqlEngineOn(server, catalog)
    await root.catalog.session(async (session) => {
      await session.execute(`DROP DATABASE ${prefix}_tenant`)
      await session.execute(`DROP USER '${prefix}_user'@'%'`)
      await session.execute(`DROP DATABASE ${catalog}`)
    })
    await root.close()
  }
  return { engine, cleanup }
}
