import { after, before } from 'node:test'
import { migrate } from '../../kernel/migrations/migrate.js'
import { withMariaDb } from '../support/mariadb.js'
import { rootQuery } from '../support/root-query.js'
import { OPTIONS } from '../support/schemas.js'
import { killedMigrationSuite } from './killed-migration.js'
import { engineAt, type Place } from './killed-migration-child.js'
import { declareBefore, fill } from './killed-migration-schemas.js'

const CATALOG = 'killed_catalog'
const PRISTINE = 'killed_pristine'
const NAME = 'killed_migration'

await withMariaDb('killed migrations on MariaDB', (server) => {
  const { host, port, rootUser, rootPassword } = server
  const identityOf = (name: string) => ({ name, user: name, secret: 'a Stored secret 1' })
  const place: Place = { identity: identityOf(NAME), server: { host, port, rootUser, rootPassword }, catalog: CATALOG }
  const root = rootQuery(server)
  const engine = engineAt(place)
  const declared = declareBefore()

  before(async () => {
    await engine.provisionCatalog()
    await engine.provision(identityOf(NAME))
    await engine.provision(identityOf(PRISTINE))
    const database = engine.tenant(identityOf(PRISTINE))
    await migrate(database, engine, declared, OPTIONS)
    await fill(database)
    await database.close()
  })
  after(async () => {
    await engine.close()
    for (const name of [CATALOG, PRISTINE, NAME]) await root(`DROP DATABASE ${name}`)
    for (const name of [PRISTINE, NAME]) await root(`DROP USER '${name}'@'%'`)
  })
  killedMigrationSuite(
    () => place,
    async () => {
      // The grants are by the name of the database, and stay.
      await root(`DROP DATABASE ${NAME}`)
      await root(`CREATE DATABASE ${NAME} COLLATE utf8mb4_unicode_ci`)
      const database = engine.tenant(place.identity)
      await migrate(database, engine, declared, OPTIONS)
      await database.close()
      for (const { name } of declared.tables)
        await root(`INSERT INTO ${NAME}.${name} SELECT * FROM ${PRISTINE}.${name}`)
    },
  )
})
