import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Ending, suiteEnding } from '../../support/ending.js'
import { type JobApp, startJobApp } from '../../support/job-app.js'
import { withMosquitto } from '../../support/mosquitto.js'
import { subscribe } from '../../support/subscriber.js'
import { until } from '../../support/until.js'

const NEWS = `import { defineModule } from 'm3saas'
export const news = defineModule({ name: 'news', version: 1 })`
const JOBS = `import { defineCronjobs } from 'm3saas'
const told = async (log, fn) => {
  try { await fn() } catch ({ name, code, message, retryAfter }) { log.info({ name, code, message, retryAfter }, 'refused') }
}
export default defineCronjobs({
  says: { async run({ mqtt, log }) {
    log.info({ enabled: mqtt.enabled }, 'looked')
    await mqtt.publish('text', 'Grüße 🙂', { qos: 1 })
    await mqtt.publish('bytes', new Uint8Array([1, 2, 255]).subarray(1), { qos: 2 })
    await mqtt.publish('kept', 'the last word', { qos: 1, retain: true })
    await mqtt.publish('none', '')
    await mqtt.publish('news/all', 'for everybody', { qos: 1, shared: true })
  } },
  many: { async run({ mqtt }) {
    for (let i = 0; i < 3000; i++) void mqtt.publish('many', String(i), { qos: 1 })
  } },
  fails: { async run({ mqtt }) {
    for (let i = 0; i < 200; i++) void mqtt.publish('failed', String(i), { qos: 1 })
    throw new Error('in the middle')
  } },
  wrong: { async run({ mqtt, log }) {
    await told(log, () => mqtt.publish('a/#', 'x'))
    await told(log, () => mqtt.publish('', 'x'))
    await told(log, () => mqtt.publish('a', { an: 'object' }))
    await told(log, () => mqtt.publish('a', () => 'a function'))
    await told(log, () => mqtt.publish('a', 'x', { qos: 3 }))
    await told(log, () => mqtt.publish('private', 'x', { shared: true }))
    await told(log, () => mqtt.publish('a', new Uint8Array(2_000_000)))
    await mqtt.publish('after', 'all of them', { qos: 1 })
  } },
  forgets: { run({ mqtt }) { void mqtt.publish('a/#', 'x') } },
  fills: { async run({ mqtt, log }) {
    await told(log, async () => { for (let i = 0; ; i++) await mqtt.publish('full', String(i), { qos: 1 }) })
  } },
  changes: { async run({ mqtt }) {
    const bytes = new TextEncoder().encode('before')
    const published = mqtt.publish('changed', bytes, { qos: 1 })
    bytes.fill(33)
    await published
  } },
})`

/** Messages of one tenant that may wait. */
const MOST = 3000

function startNews(ending: Ending, mqtt: object): Promise<JobApp> {
  return startJobApp(ending, {
    plugins: { 'news/v1/news.module.mjs': NEWS, 'news/v1/news.cron.mjs': JOBS },
    modules: ['news'],
    config: { mqtt },
  })
}

await withMosquitto(
  'a job publishes through the kernel',
  (broker) => {
    const ending = suiteEnding()
    let jobs: JobApp
    before(async () => {
      const { host, port } = broker
      const queue = { messages: 20_000, messagesPerTenant: MOST }
      jobs = await startNews(ending, { host, port, sharedTopics: ['news/#'], queue })
    })

    test('text, bytes and nothing, of each QoS, kept or not, below the name of its tenant or shared', async () => {
      const heard = await subscribe(ending, { port: broker.port, subscribeQos: 2 })
      const name = jobs.databases[1]
      assert.deepEqual(await jobs.run(2, 'news', 'says'), { outcome: 'done' })
      await until(() => heard.messages.length === 5, 'all are there')
      assert.deepEqual(
        // Those of one topic keep their order; the QoS 2 takes longer.
        heard.messages.map(({ topic, payload, qos }) => [topic, payload, qos]).sort(),
        [
          [`${name}/text`, 'Grüße 🙂', 1],
          [`${name}/bytes`, Buffer.from([2, 255]).toString(), 2],
          [`${name}/kept`, 'the last word', 1],
          [`${name}/none`, '', 0],
          ['news/all', 'for everybody', 1],
        ].sort(),
      )
      assert.deepEqual(jobs.logged(2, 'news')[0]?.data.enabled, true)
      const late = await subscribe(ending, { port: broker.port, filter: `${name}/#` })
      await until(() => late.messages.length > 0, 'what is kept is there')
      assert.deepEqual([late.messages[0]?.payload, late.messages[0]?.retain], ['the last word', true])
    })

    test('thousands that it does not wait for arrive, in their order, before the run counts as done', async () => {
      const heard = await subscribe(ending, { port: broker.port, filter: '+/many' })
      assert.deepEqual(await jobs.run(1, 'news', 'many', { timeoutSeconds: 20 }), { outcome: 'done' })
      const expected = Array.from({ length: MOST }, (_, i) => String(i))
      await until(() => heard.messages.length >= MOST, 'all are there')
      assert.deepEqual(heard.of(`${jobs.databases[0]}/many`), expected)
    })

    test('what it published before it failed is published', async () => {
      const heard = await subscribe(ending, { port: broker.port, filter: '+/failed' })
      assert.deepEqual(await jobs.run(1, 'news', 'fails'), { outcome: 'failed', error: 'in the middle' })
      await until(() => heard.messages.length === 200, 'all are there')
    })

    test('what is no message is refused, with its code, and the job goes on', async () => {
      const heard = await subscribe(ending, { port: broker.port, filter: '+/after' })
      const before = jobs.logged(1, 'news').length
      assert.deepEqual(await jobs.run(1, 'news', 'wrong'), { outcome: 'done' })
      await until(() => heard.messages.length === 1, 'the last is there')
      const refused = jobs.logged(1, 'news').slice(before)
      assert.deepEqual(
        refused.map(({ data }) => [data.name, data.code]),
        Array.from({ length: 7 }, () => ['M3Error', 'MESSAGE_INVALID']),
      )
      assert.match(String(refused[3]?.data.message), /plain values/)
    })

    test('a refusal that it does not wait for fails the run', async () => {
      const { outcome, error } = await jobs.run(1, 'news', 'forgets')
      assert.equal(outcome, 'failed')
      assert.match(String(error), /a\/#/)
    })

    test('bytes are those at the time of the call', async () => {
      const heard = await subscribe(ending, { port: broker.port, filter: '+/changed' })
      assert.deepEqual(await jobs.run(1, 'news', 'changes'), { outcome: 'done' })
      await until(() => heard.messages.length === 1, 'it is there')
      assert.equal(heard.messages[0]?.payload, 'before')
    })

    test('a full queue is told to the job, and what was taken over arrives when the broker is back', async () => {
      // It has a session, for which the broker keeps what comes.
      const heard = await subscribe(ending, { port: broker.port, filter: '+/full', clientId: 'heard', clean: false })
      await broker.halt()
      const before = jobs.logged(1, 'news').length
      assert.deepEqual(await jobs.run(1, 'news', 'fills', { timeoutSeconds: 20 }), { outcome: 'done' })
      const [{ data } = { data: {} as Record<string, unknown> }] = jobs.logged(1, 'news').slice(before)
      assert.deepEqual([data.code, typeof data.retryAfter], ['QUEUE_FULL', 'number'])
      await broker.resume()
      await until(() => heard.messages.length >= MOST, 'all are there')
      const expected = Array.from({ length: MOST }, (_, i) => String(i))
      assert.deepEqual([...new Set(heard.of(`${jobs.databases[0]}/full`))], expected)
    })
  },
  { persistent: true },
)

describe('without a broker', () => {
  const ending = suiteEnding()

  test('a job is told so', async () => {
    const jobs = await startNews(ending, { embedded: false })
    assert.deepEqual(await jobs.run(1, 'news', 'wrong'), {
      outcome: 'failed',
      error: 'No message broker is configured: set mqtt.host, or mqtt.embedded',
    })
    assert.deepEqual(
      jobs.logged(1, 'news').map(({ data }) => data.code),
      Array.from({ length: 7 }, () => 'BROKER_UNAVAILABLE'),
    )
  })
})
