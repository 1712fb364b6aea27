import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'
import { engineSuite } from './engine-suite.js'

await withMariaDb('on MariaDB', (server) => {
  engineSuite('mysql', async (gate, limits) => {
    const engine = mysqlEngineOn(server, 'suite_catalog', { gate, limits })
    await engine.provisionCatalog()
    return {
      engine,
      async cleanup() {
        const root = mysqlEngineOn(server, 'suite_catalog')
        await root.catalog.session(async (session) => {
          await session.execute('DROP DATABASE suite_tenant')
          await session.execute("DROP USER 'suite_user'@'%'")
          await session.execute('DROP DATABASE suite_catalog')
        })
        await root.close()
      },
    }
  })
})
