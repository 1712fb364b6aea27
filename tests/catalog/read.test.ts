import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adoptSecret, adoptSecrets } from '../../kernel/catalog/adopt-secrets.js'
import { listTenants, readDependencies, readTenant, signatures } from '../../kernel/catalog/read.js'
import { isStoredSecret, storedSecret, toSecret } from '../../kernel/catalog/secrets.js'
import type { Database } from '../../kernel/engines/contract.js'
import { fill, insert, onEachEngine, rules } from './catalog-fixture.js'

async function passwords(catalog: Database): Promise<string[]> {
  const rows = await catalog.select<{ password: string }>('SELECT password FROM tenants ORDER BY id')
  return rows.map((row) => row.password)
}

test('the stored form of a password fits the original column and differs by salt, user and password', () => {
  const secret = storedSecret('salt', 'user', 'password')
  assert.equal(secret.length, 39)
  assert.ok(isStoredSecret(secret))
  const others = [storedSecret('', 'user', 'password'), storedSecret('salt', 'use', 'rpassword'), secret]
  assert.equal(new Set([...others, storedSecret('salt', 'user', 'passwort')]).size, 4)
  assert.equal(storedSecret('salt', 'user', 'password'), secret)
  assert.equal(toSecret('salt', 'user', secret), secret)
  for (const text of ['', 'm3:', 'password', `${secret}x`, secret.slice(1), `${secret}\n`]) {
    assert.equal(isStoredSecret(text), false, text)
  }
})

await onEachEngine((makeCatalog) => {
  test('a tenant is read with its subscriptions and the dependencies of modules', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const tenant = await readTenant(catalog, 1, rules)
    assert.ok(tenant)
    const { signature, ...rest } = tenant
    assert.deepEqual(rest, {
      id: 1,
      name: 'first_tenant',
      user: 'first_user',
      secret: storedSecret('salt', 'first_user', 'plain'),
      perDayBackups: 1,
      maxBackups: 10,
      suspended: false,
      subscriptions: ['notes@v1', 'test@v2'],
      dependencies: new Map([['notes', ['users@v1']]]),
    })
    assert.deepEqual(await signatures(catalog, [1]), new Map([[1, signature]]))
    assert.equal(await readTenant(catalog, 3, rules), undefined)
  })

  test('a plain password in the catalog is replaced by its stored form, once, and no other row is touched', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    await readTenant(catalog, 2, rules)
    const stored = storedSecret('salt', 'second_user', 'plain')
    assert.deepEqual(await passwords(catalog), ['plain', stored])
    assert.equal((await readTenant(catalog, 2, rules))?.secret, stored)
    assert.deepEqual(await passwords(catalog), ['plain', stored])
  })

  test('all plain passwords of an adopted catalog are replaced, many at a time', async (t) => {
    const catalog = await makeCatalog(t)
    await catalog.transaction(async () => {
      for (let id = 1; id <= 1201; id++) {
        await insert(catalog, 'tenants', { id, name: `t${id}`, user: `u${id}`, password: id === 7 ? '' : `m3: ${id}` })
      }
    })
    assert.equal(await adoptSecrets(catalog, rules), 1200)
    const all = await passwords(catalog)
    assert.equal(all.filter(isStoredSecret).length, 1200)
    assert.equal(all[1200], storedSecret('salt', 'u1201', 'm3: 1201'))
    assert.equal(await adoptSecrets(catalog, rules), 0)
  })

  test('a password that was changed since it was read is not overwritten', async (t) => {
    const catalog = await makeCatalog(t)
    await insert(catalog, 'tenants', { id: 1, name: 'a', user: 'a', password: 'NEW' })
    assert.equal(await adoptSecret(catalog, { id: 1, user: 'a', password: 'new' }, rules), false)
    assert.deepEqual(await passwords(catalog), ['NEW'])
  })

  test('a row added by hand that is no valid tenant is not served, with the reasons', async (t) => {
    const catalog = await makeCatalog(t)
    await insert(catalog, 'tenants', { id: 1, name: 'MySQL', user: 'm3_ROOT', password: '' })
    await assert.rejects(readTenant(catalog, 1, rules), {
      code: 'TENANT_UNAVAILABLE',
      faults: [
        { path: 'tenants.name', message: 'MySQL is a database of the system or the catalog itself' },
        { path: 'tenants.user', message: 'm3_ROOT is a user of the database system, not of a tenant' },
        { path: 'tenants.password', message: 'must be a text that is not empty' },
      ],
    })
  })

  test('a signature changes with everything that a tenant is built from, and with nothing else', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    let before = await signatures(catalog, [1, 2, 3])
    assert.deepEqual([...before.keys()], [1, 2])
    const changed = async (sql: string) => {
      await catalog.run(sql)
      const after = await signatures(catalog, [1, 2])
      const different = [1, 2].filter((id) => after.get(id) !== before.get(id))
      before = after
      return different
    }
    assert.deepEqual(await changed("UPDATE tenants SET name = 'other' WHERE id = 1"), [1])
    assert.deepEqual(await changed("UPDATE tenants SET user = 'other' WHERE id = 1"), [1])
    assert.deepEqual(await changed("UPDATE tenants SET password = 'other' WHERE id = 2"), [2])
    assert.deepEqual(await changed('UPDATE tenants SET suspended = TRUE WHERE id = 1'), [1])
    assert.deepEqual(await changed('UPDATE tenants SET suspended = FALSE'), [1])
    assert.deepEqual(await changed('INSERT INTO subscriptions (tenant_id, module_id, version) VALUES (2, 1, 1)'), [2])
    assert.deepEqual(await changed('UPDATE subscriptions SET version = 2 WHERE tenant_id = 2'), [2])
    assert.deepEqual(await changed('DELETE FROM subscriptions WHERE tenant_id = 1 AND module_id = 2'), [1])
    assert.deepEqual(await changed("UPDATE modules SET name = 'tests' WHERE id = 1"), [1, 2])
    assert.deepEqual(await changed('UPDATE modules_dependencies SET version = 2'), [1, 2])
    assert.deepEqual(await changed('DELETE FROM modules_dependencies'), [1, 2])
    assert.deepEqual(await changed('UPDATE tenants SET max_backups = 3'), [])
    assert.deepEqual(await changed("INSERT INTO tenants (name, user, password) VALUES ('x', 'x', 'x')"), [])
    assert.deepEqual(await changed('DELETE FROM tenants WHERE id = 2'), [2])
    assert.equal(before.has(2), false)
    assert.ok(![...before.values()].join().includes('plain'))
  })

  test('signatures of 1,500 tenants at once are one each', async (t) => {
    const catalog = await makeCatalog(t)
    await catalog.transaction(async () => {
      for (let id = 1; id <= 1500; id++) {
        await insert(catalog, 'tenants', { id, name: `t${id}`, user: `u${id}`, password: 'p' })
      }
    })
    const found = await signatures(
      catalog,
      Array.from({ length: 1600 }, (_, i) => i + 1),
    )
    assert.equal(found.size, 1500)
    assert.equal(new Set(found.values()).size, 1500)
  })

  test('tenants are listed page by page and found by name', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const first = await listTenants(catalog, { limit: 1 })
    assert.deepEqual(
      first.map(({ id, subscriptions }) => ({ id, subscriptions })),
      [{ id: 1, subscriptions: ['notes@v1', 'test@v2'] }],
    )
    const second = await listTenants(catalog, { after: 1, limit: 10 })
    assert.deepEqual(
      second.map(({ name, subscriptions }) => ({ name, subscriptions })),
      [{ name: 'second_tenant', subscriptions: [] }],
    )
    assert.ok(!JSON.stringify([...first, ...second]).includes('plain'))
    assert.deepEqual(await listTenants(catalog, { after: 2, limit: 10 }), [])
  })

  test('the dependencies of modules are read by name', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    await insert(catalog, 'modules_dependencies', { module_id: 2, dependency_module_id: 1, version: 2 })
    assert.deepEqual(await readDependencies(catalog), new Map([['notes', ['test@v2', 'users@v1']]]))
  })
})
