import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMosquitto, startMosquitto } from '../../support/mosquitto.js'
import { startRelay } from '../../support/relay.js'
import { subscribe } from '../../support/subscriber.js'
import { until } from '../../support/until.js'
import { firstComings, lengthsAt, publishLengths, rigFor, untilAt, upTo } from './rig.js'

const skip = noMosquitto

const CASES = [
  { name: 'killed without persistence', how: 'kill', persistent: false },
  { name: 'killed with persistence', how: 'kill', persistent: true },
  { name: 'ended without persistence', how: 'stop', persistent: false },
  { name: 'ended with persistence', how: 'stop', persistent: true },
] as const

for (const { name, how, persistent } of CASES) {
  test(`a broker that is ${name} in the midst of messages gets all of them, in their order`, { skip }, async (t) => {
    const broker = await startMosquitto(t, { persistent })
    const { tenant, mqtt } = rigFor(t, { host: '127.0.0.1', port: broker.port })
    const [PART, PARTS] = [300, 3]
    for (let part = 0; part < PARTS; part++) {
      const range = { from: part * PART + 1, to: (part + 1) * PART }
      await Promise.all([
        publishLengths(tenant(1), 'a', range, { qos: 1 }),
        publishLengths(tenant(2), 'a', range, { qos: 2 }),
      ])
      await untilAt(broker, 't1/a', range.from + 50)
      if (part === PARTS - 1) break
      await broker.halt(how)
      await broker.resume()
    }
    await mqtt.close(20)
    assert.equal(mqtt.undelivered, 0)
    for (const topic of ['t1/a', 't2/a']) {
      assert.deepEqual(firstComings(await lengthsAt(broker, topic)), upTo(PART * PARTS), topic)
    }
  })
}

test('QoS 2 is exactly once however often the connection breaks, as long as the broker lives', { skip }, async (t) => {
  const broker = await startMosquitto(t)
  const relay = await startRelay(t, broker)
  const subscriber = await subscribe(t, { port: broker.port, subscribeQos: 2, protocolVersion: 5 })
  const { tenant, mqtt } = rigFor(t, { host: '127.0.0.1', port: relay.port })
  for (let from = 1; from <= 800; from += 200) {
    await publishLengths(tenant(1), 'a', { from, to: from + 199 }, { qos: 2 })
    await until(() => subscriber.of('t1/a').length > from + 20, `messages behind ${from} come`)
    await relay.cut()
    await relay.open()
  }
  await mqtt.close(20)
  assert.equal(mqtt.undelivered, 0)
  await until(() => subscriber.of('t1/a').length >= 800, 'all come')
  assert.deepEqual(
    subscriber.of('t1/a').map(({ length }) => length),
    upTo(800),
  )
})
