import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClaimedRun, JobStore } from '../../../kernel/cron/store/job-store.js'
import { CATALOG_TABLES, TENANT_TABLES } from '../../../kernel/cron/store/job-tables.js'
import { RunHistory } from '../../../kernel/cron/store/run-history.js'
import type { Database } from '../../../kernel/engines/contract.js'
import { onBothEngines } from '../../support/fresh-databases.js'
import { watched } from '../../support/schemas.js'

const KEY = 'notes@v1/purge'
const TICK = new Date('2026-03-01T07:30:00.123Z')
const LEASE = 40_000
/** Has run out already. */
const NO_LEASE = -1

await onBothEngines('cron_claims', (databases) => {
  /** A store with one job in it that was seen at TICK. */
  const made = async (): Promise<JobStore> => {
    const store = new JobStore(await databases.create(), TENANT_TABLES)
    await store.create()
    await store.meet([KEY], TICK)
    return store
  }
  const stateOf = async (store: JobStore) => {
    const state = (await store.read(TICK)).jobs.get(KEY)
    assert.ok(state)
    return state
  }
  const claim = async (store: JobStore, leaseMs = LEASE): Promise<ClaimedRun | undefined> =>
    store.claim(KEY, await stateOf(store), { tick: TICK, started: new Date(), leaseMs })
  const claimed = async (store: JobStore, leaseMs = LEASE): Promise<ClaimedRun> => {
    const run = await claim(store, leaseMs)
    assert.ok(run)
    return run
  }
  const outcomes = async ({ database }: JobStore) => {
    const runs = await new RunHistory(database, TENANT_TABLES).newest({ most: 10 })
    return runs.map(({ attempt, outcome }) => `${attempt} ${outcome}`).sort()
  }

  test('where nothing was ever written nothing is known, and reading writes nothing', async () => {
    const database = await databases.create()
    const found = await new JobStore(database, TENANT_TABLES).read(TICK)
    assert.deepEqual([found.areKept, found.jobs.size], [false, 0])
    assert.deepEqual(await new RunHistory(database, TENANT_TABLES).newest({ most: 5 }), [])
    await assert.rejects(database.select('SELECT name FROM m3saas_cronjobs'))
  })

  test('reading is one statement, and gives moments to the millisecond', async () => {
    const store = await made()
    await store.finish(await claimed(store), { outcome: 'done', ended: new Date() })
    const statements: string[] = []
    const seen = watched(store.database, (sql) => void statements.push(sql))
    const state = (await new JobStore(seen, TENANT_TABLES).read(new Date())).jobs.get(KEY)
    assert.equal(statements.length, 1)
    const known = { firstSeen: TICK, lastRun: TICK, attempts: 0, revision: 2, claimed: false, leaseLeft: 0 }
    assert.deepEqual(state, known)
  })

  test('a job that is known stays as it is when it is met again', async () => {
    const store = await made()
    await store.finish(await claimed(store), { outcome: 'done', ended: new Date() })
    await store.create()
    await store.meet([KEY, 'other'], new Date())
    const state = await stateOf(store)
    assert.deepEqual([state.firstSeen, state.lastRun], [TICK, TICK])
  })

  test('of many that claim a job at once one gets it', async () => {
    const store = await made()
    const known = await stateOf(store)
    const others = Array.from({ length: 5 }, () => new JobStore(databases.reopen(), TENANT_TABLES))
    const time = { tick: TICK, started: new Date(), leaseMs: LEASE }
    const runs = await Promise.all([store, ...others].map((each) => each.claim(KEY, known, time)))
    assert.equal(runs.filter((run) => run !== undefined).length, 1)
    const state = await stateOf(store)
    assert.deepEqual([state.claimed, state.attempts, state.revision], [true, 1, 1])
    assert.ok(state.leaseLeft > LEASE - 10_000 && state.leaseLeft <= LEASE, String(state.leaseLeft))
    assert.deepEqual(await outcomes(store), ['1 running'])
  })

  test('a claim holds while its lease does, and a sign of life renews it', async () => {
    const store = await made()
    const run = await claimed(store, 0)
    assert.equal(await store.extend(run, LEASE), true)
    assert.equal(await claim(store), undefined)
    assert.equal(await store.extend(run, LEASE), true, 'twice within a millisecond, too')
  })

  test('a claim that ran out is another’s to take: the first run is lost, and what it does changes nothing', async () => {
    const store = await made()
    const first = await claimed(store, NO_LEASE)
    const second = await claimed(store)
    assert.equal(second.attempt, 2)
    assert.deepEqual(await outcomes(store), ['1 lost', '2 running'])
    assert.equal(await store.extend(first, LEASE), false)
    assert.equal(await store.finish(first, { outcome: 'done', ended: new Date() }), 'lost')
    assert.equal((await stateOf(store)).lastRun, undefined)
    assert.equal(await store.finish(second, { outcome: 'done', ended: new Date() }), 'done')
    assert.deepEqual(await outcomes(store), ['1 lost', '2 done'])
    assert.deepEqual((await stateOf(store)).lastRun, TICK)
  })

  test('a lease that ran out and was taken by nobody still ends well', async () => {
    const store = await made()
    assert.equal(await store.finish(await claimed(store, NO_LEASE), { outcome: 'done', ended: new Date() }), 'done')
  })

  test('a failure keeps count, says when to try again and moves no last run; success begins anew', async () => {
    const store = await made()
    const retryAt = new Date(TICK.getTime() + 60_000)
    for (const attempts of [1, 2]) {
      const error = 'x'.repeat(20_000)
      await store.finish(await claimed(store), { outcome: 'failed', error, ended: new Date(), retryAt })
      const { attempts: counted, retryAt: until, lastRun, claimed: isClaimed } = await stateOf(store)
      assert.deepEqual([counted, until, lastRun, isClaimed], [attempts, retryAt, undefined, false])
    }
    await store.finish(await claimed(store), { outcome: 'done', ended: new Date() })
    const state = await stateOf(store)
    assert.deepEqual([state.attempts, state.retryAt, state.lastRun], [0, undefined, TICK])
    assert.deepEqual(await outcomes(store), ['1 failed', '2 failed', '3 done'])
  })

  test('a last run is set back only where nothing happened since it was read', async () => {
    const store = await made()
    const before = await stateOf(store)
    const earlier = new Date('2020-01-01T00:00:00Z')
    await store.finish(await claimed(store), { outcome: 'done', ended: new Date() })
    await store.setBack(KEY, before, earlier)
    assert.deepEqual((await stateOf(store)).lastRun, TICK)
    await store.setBack(KEY, await stateOf(store), earlier)
    assert.deepEqual((await stateOf(store)).lastRun, earlier)
  })

  test('the tables are no part of what a migration sees', async () => {
    const { database } = await made()
    const live = await database.session((session) => databases.engine.introspect(session))
    assert.deepEqual(Object.keys(live.tables), [])
  })

  test('a job that an original catalog knows by name and last run alone has been known since then', async () => {
    const store = new JobStore(await databases.create(), CATALOG_TABLES)
    await originalCatalog(store.database)
    await store.create()
    const { jobs } = await store.read(TICK)
    const [ran, never] = [jobs.get('database_backup'), jobs.get('other')]
    assert.deepEqual([ran?.firstSeen, ran?.lastRun], [TICK, TICK])
    assert.deepEqual([never?.firstSeen, never?.lastRun], [TICK, undefined])
    assert.ok(never)
    assert.ok(await store.claim('other', never, { tick: TICK, started: new Date(), leaseMs: LEASE }))
  })
})

/** Its table as the migration leaves it. */
async function originalCatalog(database: Database): Promise<void> {
  const isMysql = database.engine === 'mysql'
  const id = isMysql ? 'INT AUTO_INCREMENT PRIMARY KEY' : 'INTEGER PRIMARY KEY'
  const moment = isMysql ? 'DATETIME(3)' : 'DATETIME'
  await database.session(async (session) => {
    await session.execute(
      `CREATE TABLE cronjobs (id ${id}, name VARCHAR(255) UNIQUE, last_run ${moment}, first_seen ${moment}, attempts INT` +
        ` NOT NULL DEFAULT 0, retry_at ${moment}, revision INT NOT NULL DEFAULT 0, claim VARCHAR(36), claimed_until BIGINT)`,
    )
    await session.run('INSERT INTO cronjobs (name, last_run) VALUES (?, ?)', ['database_backup', TICK])
    await session.run('INSERT INTO cronjobs (name) VALUES (?)', ['other'])
  })
}
