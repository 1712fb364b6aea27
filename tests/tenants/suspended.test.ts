import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type App, onEveryEngine } from '../support/app.js'
import { clientOf } from '../support/client.js'
import { until } from '../support/until.js'

/** What "within seconds" may take at most. */
const SECONDS = 10

await onEveryEngine('a suspended tenant', (start) => {
  let app: App
  before(async () => {
    app = await start()
  })
  after(() => app?.close())
  const animals = (tenant: number) => clientOf(app.url)('GET', `/${tenant}/test/v1/animals`)

  test('is answered 403 within seconds, with the code, while others are served and it is migrated', async () => {
    const { registry, catalogChanges } = app.kernel
    assert.deepEqual([(await animals(1)).status, (await animals(2)).status], [200, 200])
    assert.equal(await catalogChanges.suspend(1), true)
    await until(async () => (await animals(1)).status === 403, 'the live tenant is released', SECONDS)
    assert.equal(registry.live(1), undefined)
    const { code, detail } = (await animals(1)).body as Record<string, unknown>
    assert.deepEqual([code, detail], ['TENANT_SUSPENDED', 'Tenant 1 is suspended'])
    assert.equal((await animals(2)).status, 200)
    assert.equal((await app.kernel.runMode(1, 'migrate')).upToDate, true)
    assert.deepEqual((await app.kernel.moduleStatus()).tenants, [])
    assert.deepEqual(
      app.log.filter(({ level }) => Number(level) > 30),
      [],
    )
  })

  test('is served again within seconds once it is resumed', async () => {
    assert.equal((await animals(1)).status, 403)
    assert.equal(await app.kernel.catalogChanges.resume(1), true)
    await until(async () => (await animals(1)).status === 200, 'the tenant is served', SECONDS)
  })
})
