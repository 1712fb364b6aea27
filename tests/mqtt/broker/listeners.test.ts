import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import mqtt, { type MqttClient } from 'mqtt'
import { WebSocket } from 'ws'
import { socketPath } from '../../../kernel/mqtt/broker/socket-path.js'
import { embeddedBroker, fileOf, receivedBy, SCOPED } from '../../support/embedded-broker.js'
import { connectPacket } from '../../support/mqtt-bytes.js'
import { until } from '../../support/until.js'

const FILE = fileOf({ anna: SCOPED })

async function kernel(t: TestContext, root: string): Promise<MqttClient> {
  const client = new mqtt.MqttClient(() => connect(socketPath(root)), { reconnectPeriod: 0, protocolVersion: 4 })
  t.after(() => client.end(true))
  await once(client as unknown as NodeJS.EventEmitter, 'connect')
  return client
}

/** A port that is in use until the test ends. */
async function usedPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as { port: number }).port
}

test('a port in use is one line in the log, and the other is served', async (t) => {
  const port = await usedPort(t)
  const withoutTcp = await embeddedBroker(t, FILE, { mqtt: { listen: { port, webSocketPort: 0 } } })
  assert.equal(withoutTcp.tcp, '')
  await withoutTcp.connect('anna', { url: withoutTcp.webSocket })
  const errors = withoutTcp.lines.filter(({ level }) => level === 'error')
  assert.equal(errors.length, 1)
  assert.match(
    errors[0]?.message ?? '',
    new RegExp(`^port ${port} of 127.0.0.1 is in use.*set mqtt.listen.port to another`),
  )

  const withoutWebSocket = await embeddedBroker(t, FILE, { mqtt: { listen: { port: 0, webSocketPort: port } } })
  await withoutWebSocket.connect('anna')
  assert.match(
    withoutWebSocket.lines.find(({ level }) => level === 'error')?.message ?? '',
    /mqtt\.listen\.webSocketPort/,
  )
})

test('what the kernel publishes through its socket reaches clients', async (t) => {
  const broker = await embeddedBroker(t, FILE)
  const anna = await broker.connect('anna')
  const received = receivedBy(anna)
  await anna.subscribeAsync('anna/#', { qos: 2 })
  const publisher = await kernel(t, broker.root)
  await publisher.publishAsync('anna/a', '0')
  await publisher.publishAsync('anna/a', '1', { qos: 1 })
  await publisher.publishAsync('anna/a', '2', { qos: 2, retain: true })
  await until(() => received.length === 3, 'the messages')
  assert.deepEqual(
    received.map(({ text, qos }) => [text, qos]),
    [
      ['0', 0],
      ['1', 1],
      ['2', 2],
    ],
  )
})

test('the kernel’s socket is its owner’s, and for publishing only', async (t) => {
  const broker = await embeddedBroker(t, FILE)
  assert.equal(statSync(socketPath(broker.root)).mode & 0o777, 0o600)
  const publisher = await kernel(t, broker.root)
  assert.deepEqual(
    (await publisher.subscribeAsync('#').catch((error) => error)).message,
    'Subscribe error: Unspecified error',
  )
})

test('what the kernel publishes and the broker cannot send is dropped, and what follows it arrives', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: [`<topic>#</topic>`] }))
  const anna = await broker.connect('anna')
  const received = receivedBy(anna)
  await anna.subscribeAsync(['#', '$x/#'])
  const publisher = await kernel(t, broker.root)
  const deep = 'a/'.repeat(200)
  for (const qos of [0, 1, 2] as const) {
    for (const topic of ['$SYS/forged', '$x/y', deep]) await publisher.publishAsync(topic, 'x', { qos })
  }
  await publisher.publishAsync('a\tb', 'here', { qos: 2 })
  await until(() => received.length > 0, 'the message')
  assert.deepEqual(
    received.map(({ text }) => text),
    ['here'],
  )
  assert.ok(publisher.connected)
  assert.equal(broker.lines.filter(({ message }) => message.includes('it is dropped')).length, 1)
})

test('another process of the app root leaves the broker to the first', async (t) => {
  const first = await embeddedBroker(t, FILE)
  const second = await embeddedBroker(t, FILE, { root: first.root })
  assert.deepEqual(second.listeners, [])
  assert.deepEqual(
    second.lines.map(({ level }) => level),
    ['info'],
  )
  assert.match(second.lines[0]?.message ?? '', /another process of this app root runs the embedded broker/)
  await second.close()
  await (await kernel(t, first.root)).publishAsync('anna/a', 'x', { qos: 1 })
})

test('a socket that a killed process has left is replaced', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'm3saas-stale-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(path.join(root, 'data'))
  const program = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
  spawnSync(process.execPath, ['-e', program, socketPath(root)])
  assert.ok(statSync(socketPath(root)).isSocket())
  const broker = await embeddedBroker(t, FILE, { root })
  assert.equal(broker.listeners.length, 2)
  await (await kernel(t, root)).publishAsync('anna/a', 'x', { qos: 1 })
  await broker.close()
  assert.throws(() => statSync(socketPath(root)))
})

test('an app root whose path is too long for a socket has it elsewhere, where nobody else may go', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), `m3saas-${'long'.repeat(30)}-`))
  const broker = await embeddedBroker(t, FILE, { root })
  const socket = socketPath(root)
  t.after(() => rmSync(path.dirname(socket), { recursive: true, force: true }))
  assert.ok(!socket.startsWith(root))
  assert.equal(statSync(path.dirname(socket)).mode & 0o777, 0o700)
  await (await kernel(t, root)).publishAsync('anna/a', 'x', { qos: 1 })
  await broker.close()
  chmodSync(path.dirname(socket), 0o755)
  assert.ok(socketPath(root).startsWith(root), 'a folder that others may enter is not used')
})

test('a socket that cannot be made is told, and clients are served', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'm3saas-broker-'))
  writeFileSync(path.join(root, 'data'), 'a file where the folder was to be')
  const broker = await embeddedBroker(t, FILE, { root })
  await broker.connect('anna')
  assert.match(broker.lines.find(({ level }) => level === 'error')?.message ?? '', /data\/mqtt\.sock/)
  assert.ok(!JSON.stringify(broker.lines).includes(root))
})

test('a WebSocket is at /mqtt, speaks mqtt and bytes, from a page of any origin', async (t) => {
  const broker = await embeddedBroker(t, FILE)
  const closed = async (url: string, protocol: string | undefined, send?: string | Buffer) => {
    const socket = new WebSocket(url, protocol, { origin: 'https://elsewhere.example' })
    t.after(() => socket.terminate())
    const failed = once(socket, 'error').then(([error]) => String(error.message))
    if (send === undefined) return Promise.race([failed, once(socket, 'open').then(() => 'open')])
    await once(socket, 'open')
    socket.send(send)
    return Promise.race([
      once(socket, 'message').then(([data]) => (data as Buffer).toString('hex')),
      once(socket, 'close').then(([code]) => `closed ${code}`),
    ])
  }
  assert.equal(await closed(broker.webSocket, 'mqtt'), 'open')
  assert.equal(await closed(`${broker.webSocket}?x=1`, 'mqtt'), 'open')
  assert.match(await closed(broker.webSocket, undefined), /400/)
  assert.match(await closed(broker.webSocket, 'chat'), /400/)
  assert.match(await closed(broker.webSocket.replace('/mqtt', '/'), 'mqtt'), /404/)
  assert.equal(await closed(broker.webSocket, 'mqtt', connectPacket('anna')), '20020000')
  assert.match(await closed(broker.webSocket, 'mqtt', 'text'), /closed/)
  assert.match(await closed(broker.webSocket, 'mqtt', Buffer.alloc(2_000_000)), /closed/)
  const response = await fetch(broker.webSocket.replace('ws:', 'http:'))
  assert.equal(response.status, 426)
})

test('an ended broker lets its process end', async (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'm3saas-broker-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const program = `
    import { startEmbeddedBroker } from '${new URL('../../../kernel/mqtt/broker/embedded-broker.js', import.meta.url)}'
    import { loadedMqtt } from '${new URL('../../support/mqtt-config.js', import.meta.url)}'
    import { connect } from 'node:net'
    const log = { debug() {}, info() {}, warn() {}, error: console.error }
    const config = loadedMqtt({ listen: { port: 0, webSocketPort: 0 } })
    const broker = await startEmbeddedBroker({ root: process.argv[1], config, log })
    const sockets = broker.listeners.map((url) => connect(new URL(url).port, '127.0.0.1').on('error', () => {}))
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await broker.close()
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, root], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk) => errors.push(chunk))
  const [code] = await once(child, 'exit')
  assert.deepEqual([code, String(Buffer.concat(errors))], [0, ''])
})
