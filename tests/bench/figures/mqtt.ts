import { once } from 'node:events'
import { connect } from 'node:net'
import { MqttClient } from 'mqtt'
import { pino } from 'pino'
import { parseConfig } from '../../../kernel/config/load-config.js'
import { LazyMqtt } from '../../../kernel/mqtt/lazy-mqtt.js'
import type { Ending } from '../../support/ending.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { until } from '../../support/until.js'
import { command, makeAppRoot } from '../app-root.js'
import { startChild } from '../child-server.js'
import { type Figure, measureInTurn, ratioFigure } from '../pairs.js'
import { p99AtSteadyRate } from '../steady-load.js'
import { addTenants, migrateTenants, openBenchKernel } from '../tenants.js'

const MESSAGES = 50_000
const WARM_UP = 5000
const PAYLOAD = JSON.stringify({ temperature: 21.5, humidity: 40, at: '2026-01-01T00:00:00.000Z', sensor: 'kitchen' })
const TOPIC = 'bench/sensors/kitchen'

/** What `mqtt.publish` costs: messages of QoS 1 to the same broker, by a bare MQTT.js with as many in flight. */
export function mqttThroughput(): Promise<Figure[]> {
  return withBroker(async (broker) => {
    const pair = await measureInTurn(
      5,
      Math.max,
      () => bareRate(broker),
      () => ourRate(broker),
    )
    return [
      ratioFigure('QoS 1 messages/s by mqtt.publish to Mosquitto, against bare MQTT.js', pair, 'messages/s', {
        least: 0.9,
      }),
    ]
  })
}

async function bareRate(broker: Mosquitto): Promise<number> {
  const client = new MqttClient(() => connect({ host: broker.host, port: broker.port, noDelay: true }), {
    clientId: 'bare',
    protocolVersion: 5,
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    keepalive: 15,
    queueQoSZero: false,
    resubscribe: false,
    log: () => {},
  })
  await once(client as never, 'connect')
  const window = client.serverProperties?.receiveMaximum ?? 256
  await bareMessages(client, WARM_UP, window)
  const began = performance.now()
  await bareMessages(client, MESSAGES, window)
  const seconds = (performance.now() - began) / 1000
  await client.endAsync()
  return MESSAGES / seconds
}

/** Publishes so many, and resolves when all are acknowledged. */
function bareMessages(client: MqttClient, messages: number, window: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let [sent, acknowledged] = [0, 0]
    const send = () => {
      sent++
      client.publish(TOPIC, PAYLOAD, { qos: 1 }, (error) => {
        if (error) reject(error)
        if (++acknowledged === messages) resolve()
        else if (sent < messages) send()
      })
    }
    for (let i = 0; i < window; i++) send()
  })
}

async function ourRate(broker: Mosquitto): Promise<number> {
  await ourSeconds(broker, WARM_UP)
  return MESSAGES / (await ourSeconds(broker, MESSAGES))
}

/** From the first call until the broker has acknowledged the last message, and was told goodbye. */
async function ourSeconds(broker: Mosquitto, messages: number): Promise<number> {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const queue = { messages, messagesPerTenant: messages }
  const { mqtt: config } = parseConfig({ mqtt: { host: broker.host, port: broker.port, queue } }, {}, 'the benchmark')
  const lazy = new LazyMqtt({ root: '/nowhere', config, log })
  await lazy.start()
  await until(() => lines.length > 0, 'it is connected')
  const mqtt = lazy.of({ id: 1, name: 'bench' })
  const began = performance.now()
  for (let i = 0; i < messages; i++) await mqtt.publish('sensors/kitchen', PAYLOAD, { qos: 1 })
  await lazy.close(60)
  if (lazy.undelivered > 0) throw new Error('messages are lost')
  return (performance.now() - began) / 1000
}

const ROUNDS = 5
const LOAD = { perSecond: 200, seconds: 5 }

const module = `
import { defineModule, defineTable, text } from 'm3saas'
const readings = defineTable('readings', { columns: { reading: text() } })
const answer = { type: 'object', properties: { done: { type: 'boolean' } } }
export const sender = defineModule({
  name: 'sender', version: 1, tables: [readings],
  routes(app, { sql, mqtt }) {
    const schema = { response: { 200: answer } }
    const keep = () => sql.run\`INSERT INTO readings (reading) VALUES (\${'${PAYLOAD}'})\`
    app.get('/without', { schema }, async () => {
      await keep()
      return { done: true }
    })
    app.get('/with', { schema }, async () => {
      await keep()
      await mqtt.publish('sensors/kitchen', '${PAYLOAD}')
      return { done: true }
    })
  },
})
`

/** A route that keeps a row in its tenant's database, and the same that tells of it by a message of QoS 0. */
export function mqttLatency(): Promise<Figure[]> {
  return withBroker(async (broker) => {
    const app = await makeAppRoot({ sender: module }, { config: { mqtt: { host: broker.host, port: broker.port } } })
    const kernel = await openBenchKernel(app)
    await addTenants(kernel, 1, ['sender'], 'bench_mqtt_')
    await migrateTenants(kernel, 1)
    await kernel.close()
    const child = await startChild([command, 'start', '--json', '--root', app.root], { CONFIG_FILE: app.configFile })
    const p99 = (route: string) => p99AtSteadyRate(`${child.url}/1/sender/v1/${route}`, LOAD)
    const compare = () =>
      measureInTurn(
        ROUNDS,
        Math.min,
        () => p99('without'),
        () => p99('with'),
      )
    try {
      await p99('with')
      const up = await compare()
      await broker.halt()
      const away = await compare()
      return [
        ratioFigure(
          'p99 of a route that keeps a row and publishes QoS 0, against the same without, broker up',
          up,
          'ms',
          {
            most: 1.2,
          },
        ),
        ratioFigure('p99 of it with the broker away', away, 'ms', { most: 1.2 }),
      ]
    } finally {
      await child.stop()
      await app.remove()
    }
  })
}

async function withBroker<T>(measure: (broker: Mosquitto) => Promise<T>): Promise<T> {
  const undo: (() => Promise<void>)[] = []
  const ending: Ending = { after: (fn) => void undo.push(fn) }
  try {
    return await measure(await startMosquitto(ending, { quiet: true }))
  } finally {
    for (const fn of undo) await fn()
  }
}
