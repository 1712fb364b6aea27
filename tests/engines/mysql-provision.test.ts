import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import type { Engine, TenantIdentity } from '../../kernel/engines/contract.js'
import { grantTarget } from '../../kernel/engines/mysql/grants.js'
import { databasePassword } from '../../kernel/engines/mysql/password.js'
import { M3Error } from '../../kernel/errors.js'
import { reservedNames, tenantNameFault } from '../../kernel/names.js'
import { withMariaDb } from '../support/mariadb.js'
import { mysqlEngineOn } from '../support/mysql-engine.js'

/** What the tenants room provisions upon. */
const isNotProvisioned = (engine: Engine) => (error: unknown) =>
  error instanceof M3Error && error.status === 503 && engine.isNotProvisioned(error)

const tenant = (name: string, secret = 'stored form'): TenantIdentity => ({ name, user: `${name}_user`, secret })

await withMariaDb('provisioning of a tenant on MySQL', (server) => {
  let engine: Engine
  before(async () => {
    engine = mysqlEngineOn(server, 'provision_catalog')
    await engine.provisionCatalog()
  })
  after(() => engine.close())

  const root = (sql: string) => engine.catalog.session((session) => session.execute(sql))
  const grants = async (identity: TenantIdentity) =>
    (await engine.catalog.select(`SHOW GRANTS FOR '${identity.user}'@'%'`)).map((row) =>
      String(Object.values(row)[0]).replace(/ IDENTIFIED BY PASSWORD '[^']*'/, ''),
    )
  /** One statement as the tenant. */
  const as = async (identity: TenantIdentity, sql: string) => {
    const database = engine.tenant(identity)
    try {
      return await database.select<Record<string, unknown>>(sql)
    } finally {
      await database.close()
    }
  }

  test('a tenant gets its database, its user and all rights on that one database', async () => {
    const identity = tenant('prov_first')
    await assert.rejects(as(identity, 'SELECT 1'), isNotProvisioned(engine))
    assert.deepEqual(await engine.provision(identity), [
      'created the database prov_first',
      'created the user prov_first_user',
      'granted the user prov_first_user all rights on the database prov_first',
    ])
    assert.deepEqual(await as(identity, 'SELECT CURRENT_USER() AS user, @@collation_database AS collation'), [
      { user: 'prov_first_user@%', collation: 'utf8mb4_unicode_ci' },
    ])
    await as(identity, 'CREATE TABLE notes (id INT PRIMARY KEY)')
    assert.deepEqual(await engine.provision(identity), [])
  })

  test('the user of a_b cannot read axb', async () => {
    const [mine, other] = [tenant('prov_a_b'), tenant('prov_axb')]
    await engine.provision(mine)
    await engine.provision(other)
    await as(other, 'CREATE TABLE secrets (id INT PRIMARY KEY)')
    await as(mine, 'CREATE TABLE own (id INT PRIMARY KEY)')
    await assert.rejects(as(mine, 'SELECT * FROM prov_axb.secrets'), { code: 'ER_TABLEACCESS_DENIED_ERROR' })
    await assert.rejects(as(mine, 'USE prov_axb'))
    const visible = await as(mine, 'SHOW DATABASES')
    assert.ok(!JSON.stringify(visible).includes('prov_axb'), JSON.stringify(visible))
    // The mistake this guards against: the same grant without the backslash reaches both.
    await root("GRANT SELECT ON `prov_a_b`.* TO 'prov_a_b_user'@'%'")
    assert.deepEqual(await as(mine, 'SELECT * FROM prov_axb.secrets'), [])
    assert.deepEqual(await engine.provision(mine), ['took from the user prov_a_b_user: SELECT ON `prov_a_b`.*'])
    await assert.rejects(as(mine, 'SELECT * FROM prov_axb.secrets'), { code: 'ER_TABLEACCESS_DENIED_ERROR' })
  })

  test('rights beyond the own database are taken away, of whatever kind', async () => {
    const identity = tenant('prov_excess')
    const account = "'prov_excess_user'@'%'"
    await engine.provision(identity)
    await root('CREATE DATABASE prov_excess_other')
    await root('CREATE TABLE prov_excess_other.t (a INT, b INT)')
    await root('CREATE PROCEDURE prov_excess_other.p() SELECT 1')
    await root('CREATE ROLE `prov TO role`')
    for (const grant of [
      'SELECT, PROCESS ON *.*',
      'ALL PRIVILEGES ON `prov%`.*',
      'INSERT ON prov_excess_other.*',
      'SELECT (a), UPDATE ON prov_excess_other.t',
      'EXECUTE ON PROCEDURE prov_excess_other.p',
      '`prov TO role`',
    ]) {
      await root(`GRANT ${grant} TO ${account}`)
    }
    await root(`GRANT USAGE ON \`prov\\_excess\`.* TO ${account} WITH GRANT OPTION`)
    await root(`GRANT PROXY ON 'root'@'%' TO ${account}`)
    const report = await engine.provision(identity)
    assert.equal(report.length, 8, report.join('\n'))
    assert.deepEqual(await grants(identity), [
      'GRANT USAGE ON *.* TO `prov_excess_user`@`%`',
      'GRANT ALL PRIVILEGES ON `prov\\_excess`.* TO `prov_excess_user`@`%`',
    ])
    assert.deepEqual(await engine.provision(identity), [])
    await root('DROP ROLE `prov TO role`')
  })

  test('what differs is repaired: password, collation, rights, a dropped user, a dropped database', async () => {
    const identity = tenant('prov_repair')
    await engine.provision(identity)
    const database = engine.tenant(identity)

    await root("ALTER USER 'prov_repair_user'@'%' IDENTIFIED BY 'another'")
    await assert.rejects(database.select('SELECT 1'), isNotProvisioned(engine))
    assert.deepEqual(await engine.provision(identity), ['set the password of the user prov_repair_user'])

    await root('ALTER DATABASE prov_repair CHARACTER SET latin1 COLLATE latin1_swedish_ci')
    assert.deepEqual(await engine.provision(identity), [
      'set the collation of the database prov_repair to utf8mb4_unicode_ci',
    ])

    await root("REVOKE INSERT ON `prov\\_repair`.* FROM 'prov_repair_user'@'%'")
    const granted = 'granted the user prov_repair_user all rights on the database prov_repair'
    assert.deepEqual(await engine.provision(identity), [granted])

    await root("DROP USER 'prov_repair_user'@'%'")
    await database.releaseIdle()
    await assert.rejects(database.select('SELECT 1'), isNotProvisioned(engine))
    assert.deepEqual(await engine.provision(identity), ['created the user prov_repair_user', granted])

    await database.select('SELECT 1')
    await root('DROP DATABASE prov_repair')
    await database.releaseIdle()
    await assert.rejects(database.select('SELECT * FROM t'), isNotProvisioned(engine))
    assert.deepEqual(await engine.provision(identity), ['created the database prov_repair'])
    await database.select('SELECT 1')
    await database.close()
  })

  test('a new password of the tenant becomes a new password of its user', async () => {
    await engine.provision(tenant('prov_secret', 'old'))
    assert.deepEqual(await engine.provision(tenant('prov_secret', 'new')), [
      'set the password of the user prov_secret_user',
    ])
    await as(tenant('prov_secret', 'new'), 'SELECT 1')
    await assert.rejects(as(tenant('prov_secret', 'old'), 'SELECT 1'), isNotProvisioned(engine))
  })

  test('several processes may provision one tenant at once', async () => {
    const identity = tenant('prov_many')
    const engines = Array.from({ length: 6 }, () => mysqlEngineOn(server, 'provision_catalog'))
    const reports = await Promise.all(engines.map((each) => each.provision(identity)))
    assert.equal(reports.flat().filter((line) => line.startsWith('created the database')).length, 1)
    assert.equal(reports.flat().filter((line) => line.startsWith('created the user')).length, 1)
    await as(identity, 'SELECT 1')
    await Promise.all(engines.map((each) => each.close()))
  })

  test('names that reach beyond a tenant are refused', async () => {
    for (const [name, user] of [
      ['mysql', 'u'],
      ['Information_Schema', 'u'],
      ['provision_catalog', 'u'],
      ['../x', 'u'],
      ['a`b', 'u'],
      ['ok', 'root'],
      ['ok', 'mysql.sys'],
      ['ok', 'Public'],
      ['ok', "u'@'%"],
      ['ok', 'u'.repeat(33)],
      ['_'.padStart(64, 'a'), 'u'],
    ] as const) {
      await assert.rejects(
        engine.provision({ name, user, secret: 's' }),
        { code: 'CATALOG_REFUSED' },
        `${name} ${user}`,
      )
    }
  })

  test('the longest name that the catalog accepts can be provisioned', async () => {
    const name = `prov${'n'.repeat(57)}_n`
    const reserved = reservedNames([], [])
    assert.equal(tenantNameFault(name, reserved), undefined)
    assert.notEqual(tenantNameFault(`${name}n`, reserved), undefined)
    const identity = { name, user: 'prov_longest', secret: 's' }
    await engine.provision(identity)
    assert.deepEqual(await as(identity, 'SELECT DATABASE() AS name'), [{ name }])
    const wider = `GRANT SELECT ON ${grantTarget(`${name}n`)} TO 'prov_longest'@'%'`
    await assert.rejects(root(wider), { code: 'ER_WRONG_DB_NAME' }, 'the limit is the server\u2019s')
  })

  test('another account of the same name is left alone, and told of where it takes precedence', async () => {
    const identity = tenant('prov_shadow')
    await engine.provision(identity)
    await root("CREATE USER 'prov_shadow_user'@'10.1.1.1' IDENTIFIED BY 'x'")
    assert.deepEqual(await engine.provision(identity), [
      "left the account prov_shadow_user@10.1.1.1 alone, which is not the tenant's",
    ])
    await root("CREATE USER 'prov_shadow_user'@'127.0.0.1' IDENTIFIED BY 'x'")
    await assert.rejects(engine.provision(identity), { code: 'TENANT_UNAVAILABLE', message: /takes precedence/ })
  })

  test('no error holds a password', async () => {
    await root("CREATE USER 'prov_weak'@'%' IDENTIFIED BY 'weak root'")
    await root("GRANT CREATE, ALTER, SELECT ON *.* TO 'prov_weak'@'%'")
    const weak = mysqlEngineOn({ ...server, rootUser: 'prov_weak', rootPassword: 'weak root' }, 'provision_catalog')
    const identity = tenant('prov_leak')
    const error = await weak.provision(identity).then(
      () => assert.fail('it has no right to create users'),
      (thrown: unknown) => thrown,
    )
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    assert.match(shown, /ER_SPECIFIC_ACCESS_DENIED_ERROR/)
    for (const secret of [databasePassword('salt of the tests', identity), 'weak root', identity.secret]) {
      assert.ok(!shown.includes(secret), shown)
    }
    await weak.close()
  })

  test('a collation the server does not know is a fault of the configuration', async () => {
    for (const collation of ['utf8mb4_klingon_ci', 'latin1_klingon_ci', 'klingon_ci']) {
      const wrong = mysqlEngineOn(server, 'provision_catalog_2', { settings: { engine: 'InnoDB', collation } })
      await assert.rejects(wrong.provisionCatalog(), { code: 'CONFIG_INVALID' }, collation)
    }
  })

  test('the catalog is created once and adopted as it is afterwards', async () => {
    await root('CREATE DATABASE provision_adopted CHARACTER SET latin1')
    const adopting = mysqlEngineOn(server, 'provision_adopted')
    await adopting.provisionCatalog()
    assert.deepEqual(await adopting.catalog.select('SELECT @@collation_database AS collation'), [
      { collation: 'latin1_swedish_ci' },
    ])
    await adopting.close()
  })
})

test('a database password meets the strict policies and depends on salt, user and secret', () => {
  const password = databasePassword('salt', tenant('a'))
  assert.match(password, /^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[^A-Za-z0-9])[A-Za-z0-9_-]{47}$/)
  const others = [
    databasePassword('pepper', tenant('a')),
    databasePassword('salt', tenant('b')),
    databasePassword('salt', tenant('a', 'x')),
  ]
  assert.equal(new Set([password, ...others]).size, 4)
  assert.equal(databasePassword('salt', tenant('a')), password)
})
