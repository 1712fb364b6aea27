import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setSuspended } from '../../kernel/catalog/changes.js'
import { listTenants, readTenant, signatures } from '../../kernel/catalog/read.js'
import { readTenantPage } from '../../kernel/catalog/tenant-pages.js'
import { fill, onEachEngine, rules } from './catalog-fixture.js'

await onEachEngine((makeCatalog) => {
  test('a tenant is suspended and resumed once, whoever reads it sees so, and no other tenant is touched', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const seen = async () => [
      (await readTenant(catalog, 1, rules))?.suspended,
      ...(await listTenants(catalog, { limit: 9 })).map(({ suspended }) => suspended),
      ...(await readTenantPage(catalog, { after: 0, limit: 9 }, rules)).map(({ suspended }) => suspended),
    ]
    assert.deepEqual(await seen(), [false, false, false, false, false])
    assert.deepEqual([await setSuspended(catalog, 1, false), await setSuspended(catalog, 1, true)], [false, true])
    assert.equal(await setSuspended(catalog, 1, true), false)
    assert.deepEqual(await seen(), [true, true, false, true, false])
    assert.equal(await setSuspended(catalog, 1, false), true)
    assert.deepEqual(await seen(), [false, false, false, false, false])
  })

  test('of many who suspend a tenant at once, one has done it', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    const done = await Promise.all(Array.from({ length: 8 }, () => setSuspended(catalog, 2, true)))
    assert.equal(done.filter(Boolean).length, 1)
  })

  test('resumed, a tenant has the signature that it had before', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    await readTenant(catalog, 1, rules)
    const before = await signatures(catalog, [1])
    await setSuspended(catalog, 1, true)
    assert.notDeepEqual(await signatures(catalog, [1]), before)
    assert.equal((await readTenant(catalog, 1, rules))?.signature, (await signatures(catalog, [1])).get(1))
    await setSuspended(catalog, 1, false)
    assert.deepEqual(await signatures(catalog, [1]), before)
  })

  test('a tenant that is not there can neither be suspended nor resumed', async (t) => {
    const catalog = await makeCatalog(t)
    await fill(catalog)
    for (const suspended of [true, false]) {
      const expected = { code: 'TENANT_UNKNOWN', message: 'There is no tenant 9' }
      await assert.rejects(setSuspended(catalog, 9, suspended), expected)
    }
  })
})
