import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { makeAppRoot, moduleSource } from '../../modules/app-root.js'
import { clientOf } from '../../support/client.js'
import { startCommand } from '../../support/command.js'
import { noMosquitto as skip, startMosquitto } from '../../support/mosquitto.js'
import { seedFiles } from '../../support/seeds.js'
import { until } from '../../support/until.js'
import { rigFor } from './rig.js'

const routes = `routes(app, { mqtt }) {
  app.get('/send', async () => {
    await mqtt.publish('a', 'x', { qos: 1 })
    return 'sent'
  })
}`

/** A certificate for 127.0.0.1 that nobody has signed but itself. */
async function certificate(t: TestContext) {
  const folder = await makeAppRoot(t)
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ])
  return { cert, settings: [`certfile ${cert}`, `keyfile ${key}`] }
}

test('a broker whose certificate nobody vouches for is given no login, and the log says why', { skip }, async (t) => {
  const { settings } = await certificate(t)
  const broker = await startMosquitto(t, { settings, users: { app: 'secret' } })
  const login = { username: 'app', password: 'secret' }
  const { mqtt, logged } = rigFor(t, { host: '127.0.0.1', port: broker.port, tls: true, ...login })
  await mqtt.start()
  await until(() => logged('warn').length > 0, 'it is told')
  assert.match(String(logged('warn')), /^the broker 127\.0\.0\.1:\d+ is away: self-signed certificate;/)
  assert.doesNotMatch(await broker.log(), /New client connected/)
})

test('a server speaks TLS with a broker whose certificate the machine trusts', { skip }, async (t) => {
  const { cert, settings } = await certificate(t)
  const broker = await startMosquitto(t, { settings })
  const root = await makeAppRoot(t, {
    'config.json': JSON.stringify({ mqtt: { host: '127.0.0.1', port: broker.port, tls: true } }),
    'plugins/sender/v1/sender.module.mjs': moduleSource('sender', 1, routes),
    ...seedFiles({
      tenants: [{ id: 1, name: 'first', user: 'first', password: 'plain' }],
      modules: [{ id: 1, name: 'sender' }],
      subscriptions: [{ id: 1, tenant_id: 1, module_id: 1, version: 1 }],
    }),
  })
  const server = await startCommand({ cwd: root, env: { NODE_EXTRA_CA_CERTS: cert } })
  t.after(() => server.stop('SIGKILL').then(() => {}))
  assert.equal((await clientOf(server.url)('GET', '/1/sender/v1/send')).status, 200)
  assert.equal((await server.stop()).status, 0)
  assert.match(await broker.log(), /Received PUBLISH from m3saas\w+ \(d0, q1, r0, m1, 'first\/a'/)
})
