import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { pino } from 'pino'
import { M3Error } from '../../kernel/errors.js'
import type { BuiltTenant } from '../../kernel/tenants/contract.js'
import { type RegistryParts, TenantRegistry } from '../../kernel/tenants/registry.js'

const log = pino({ level: 'silent' })
const opened: TenantRegistry[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((registry) => registry.close(5)))
})

/** A catalog in memory: id → signature. `closed` lists what the registry has closed. */
function world(catalog: Map<number, string>, more: Partial<RegistryParts> = {}) {
  const built: number[] = []
  const closed: string[] = []
  const registry = new TenantRegistry({
    log,
    limits: { liveTenants: 3, tenantIdleSeconds: 60 },
    pollSeconds: 3600,
    build: async (id): Promise<BuiltTenant> => {
      built.push(id)
      await new Promise((resolve) => setImmediate(resolve))
      const signature = catalog.get(id)
      if (signature === undefined) throw new M3Error('TENANT_UNKNOWN', `There is no tenant ${id}`)
      return {
        id,
        name: `tenant_${id}`,
        signature,
        scope: { routes: [], handle: () => {}, close: async () => {} },
        close: async () => {
          closed.push(`${id} ${signature}`)
        },
      }
    },
    signatures: async (ids) => new Map(ids.flatMap((id) => (catalog.has(id) ? [[id, catalog.get(id) ?? '']] : []))),
    ...more,
  })
  opened.push(registry)
  return { registry, built, closed }
}

test('fifty requests at once build a tenant once', async () => {
  const { registry, built } = world(new Map([[1, 'a']]))
  await Promise.all(Array.from({ length: 50 }, () => registry.build(1)))
  assert.deepEqual(built, [1])
  assert.equal(registry.live(1)?.name, 'tenant_1')
})

test('an unknown tenant is refused, and the refusal is remembered for a moment', async () => {
  const { registry, built } = world(new Map())
  await assert.rejects(registry.build(7), { code: 'TENANT_UNKNOWN' })
  await assert.rejects(registry.build(7), { code: 'TENANT_UNKNOWN' })
  assert.deepEqual(built, [7])
})

test('a build that throws anything becomes TENANT_UNAVAILABLE and takes down nobody else', async () => {
  const { registry } = world(new Map([[1, 'a']]), {
    build: async (id) => {
      if (id === 1) throw 'not even an error'
      throw new M3Error('TENANT_UNKNOWN', 'x')
    },
  })
  await assert.rejects(registry.build(1), {
    code: 'TENANT_UNAVAILABLE',
    faults: [{ path: '', message: 'not even an error' }],
  })
  await assert.rejects(registry.build(2), { code: 'TENANT_UNKNOWN' })
})

test('why a tenant cannot be migrated is for the log, not for its clients', async () => {
  const { registry, built } = world(new Map([[1, 'a']]), {
    build: async () => {
      throw new M3Error('MIGRATION_REFUSED', 'things lacks a column', {
        faults: [{ path: 'things', message: 'secret_code' }],
      })
    },
  })
  const expected = {
    code: 'TENANT_UNAVAILABLE',
    message: 'Tenant 1 cannot be served',
    faults: [
      { path: 'MIGRATION_REFUSED', message: 'things lacks a column' },
      { path: 'things', message: 'secret_code' },
    ],
  }
  await assert.rejects(registry.build(1), expected)
  assert.deepEqual(built, [])
})

test('a tenant that takes long to rebuild hides no change of the others', async () => {
  const catalog = new Map([
    [1, 'a'],
    [2, 'a'],
  ])
  let finish = () => {}
  let slow = false
  const { registry } = world(catalog, {
    build: async (id) => {
      if (slow && id === 1)
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      const scope = { routes: [], handle: () => {}, close: async () => {} }
      return { id, name: 't', signature: catalog.get(id) ?? '', scope, close: async () => {} }
    },
  })
  await registry.build(1)
  await registry.build(2)
  slow = true
  catalog.set(1, 'b')
  const first = registry.refresh()
  await new Promise((resolve) => setImmediate(resolve))
  catalog.delete(2)
  const second = registry.refresh()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(registry.live(2), undefined)
  finish()
  await Promise.all([first, second])
})

test('a shutdown cuts off what does not end by its deadline', async () => {
  const { registry, closed } = world(new Map([[1, 'a']]))
  await registry.build(1)
  registry.live(1)?.begin()
  await registry.close(0.05)
  assert.deepEqual(closed, ['1 a'])
})

test('a database that is away is asked again at the next request', async () => {
  let attempts = 0
  const { registry } = world(new Map(), {
    build: async () => {
      attempts++
      throw new M3Error('DATABASE_UNAVAILABLE', 'away')
    },
  })
  await assert.rejects(registry.build(1), { code: 'DATABASE_UNAVAILABLE' })
  await assert.rejects(registry.build(1), { code: 'DATABASE_UNAVAILABLE' })
  assert.equal(attempts, 2)
})

test('too many live tenants: the least recently used is released, after its last request', async () => {
  const { registry, closed } = world(new Map([1, 2, 3, 4].map((id) => [id, 'a'])))
  for (const id of [1, 2, 3]) await registry.build(id)
  const busy = registry.live(1)
  busy?.begin()
  registry.live(2)
  registry.live(3)
  await registry.build(4)
  assert.equal(registry.live(1), undefined)
  assert.equal(registry.size, 3)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(closed, [], 'its request is still in flight')
  busy?.end()
  await registry.close(5)
  assert.equal(closed[0], '1 a')
})

test('idle tenants are released, busy ones are not', async () => {
  const { registry } = world(new Map([1, 2].map((id) => [id, 'a'])))
  await registry.build(1)
  await registry.build(2)
  registry.live(2)?.begin()
  registry.releaseIdle(performance.now() + 61_000)
  assert.equal(registry.live(1), undefined)
  assert.ok(registry.live(2))
  registry.live(2)?.end()
})

test('a change in the catalog swaps the scope while the former one finishes its requests', async () => {
  const catalog = new Map([[1, 'a']])
  const { registry, closed } = world(catalog)
  await registry.build(1)
  const former = registry.live(1)
  former?.begin()
  catalog.set(1, 'b')
  await registry.refresh()
  assert.notEqual(registry.live(1), former)
  assert.deepEqual(closed, [])
  former?.end()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(closed, ['1 a'])
})

test('a tenant removed from the catalog is released', async () => {
  const catalog = new Map([[1, 'a']])
  const { registry } = world(catalog)
  await registry.build(1)
  catalog.delete(1)
  await registry.refresh()
  assert.equal(registry.live(1), undefined)
  await assert.rejects(registry.build(1), { code: 'TENANT_UNKNOWN' })
})

test('a tenant that is suspended is released after its last request, and is no failure that ops must look into', async () => {
  const catalog = new Map([[1, 'a']])
  const suspended = new Set<number>()
  const { registry, closed } = world(catalog, {
    build: async (id) => {
      if (suspended.has(id)) throw new M3Error('TENANT_SUSPENDED', `Tenant ${id} is suspended`)
      const scope = { routes: [], handle: () => {}, close: async () => {} }
      return { id, name: 't', signature: catalog.get(id) ?? '', scope, close: async () => void closed.push(`${id}`) }
    },
  })
  await registry.build(1)
  const busy = registry.live(1)
  busy?.begin()
  suspended.add(1)
  catalog.set(1, 'suspended')
  await registry.refresh()
  assert.equal(registry.live(1), undefined)
  await assert.rejects(registry.build(1), { code: 'TENANT_SUSPENDED', status: 403 })
  assert.deepEqual([registry.failures(), closed], [[], []])
  busy?.end()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(closed, ['1'])
})

test('a catalog that cannot be read leaves what is live alone', async () => {
  const { registry } = world(new Map([[1, 'a']]), {
    signatures: async () => {
      throw new M3Error('DATABASE_UNAVAILABLE', 'away')
    },
  })
  await registry.build(1)
  await registry.refresh()
  assert.ok(registry.live(1))
})

test('closing waits for requests in flight and refuses new ones', async () => {
  const { registry, closed } = world(new Map([[1, 'a']]))
  await registry.build(1)
  const busy = registry.live(1)
  busy?.begin()
  const closing = registry.close(5)
  await assert.rejects(registry.build(1), { code: 'SHUTTING_DOWN' })
  assert.deepEqual(closed, [])
  busy?.end()
  await closing
  assert.deepEqual(closed, ['1 a'])
})
