import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { MqttClient } from 'mqtt'
import { mayPublish, maySubscribe } from '../../../kernel/mqtt/broker/permissions.js'
import { type CurrentCredentials, SignIn } from '../../../kernel/mqtt/broker/sign-in.js'
import { isTopicFilter, isTopicName } from '../../../kernel/mqtt/broker/topics.js'
import type { PasswordType } from '../../../kernel/mqtt/credentials/credentials.js'
import { parseCredentials } from '../../../kernel/mqtt/credentials/parse.js'
import { verifyPassword } from '../../../kernel/mqtt/credentials/password.js'
import { embeddedBroker, type TestBroker } from '../../support/embedded-broker.js'
import { connectPacket, packet, rawClient, text } from '../../support/mqtt-bytes.js'
import { until } from '../../support/until.js'
import { type Expected, type PermissionCase, permissionCases } from './permission-cases.js'
import { type FileName, files, PASSWORD } from './permission-files.js'

/** Guessing is not what is tried here. */
const LIMITS = { wrongOfUser: 1e9, wrongOfAddress: 1e9, hashing: 2, waitingForHash: 1e6 }
const AT_ONCE = 10

const typeOf = (name: FileName): PasswordType => (name === 'plain' ? 'PLAIN' : 'HASHED')

const byFile = new Map<FileName, PermissionCase[]>()
for (const one of permissionCases) byFile.set(one.credentials, [...(byFile.get(one.credentials) ?? []), one])

function credentialsOf(name: FileName): CurrentCredentials | undefined {
  try {
    return { credentials: parseCredentials(files[name], typeOf(name)), passwordType: typeOf(name) }
  } catch {
    return undefined
  }
}

/** What the rules say, without a broker. */
async function judged(one: PermissionCase, current: CurrentCredentials | undefined): Promise<Expected> {
  const { action, username, password, clientId } = one
  const signIn = new SignIn({ limits: LIMITS, current: () => current, verify: verifyPassword, decoy: async () => '' })
  const result = await signIn.judge({
    username,
    password: password === undefined ? undefined : Buffer.from(password),
    clientId: clientId || 'given',
    will: 'connect' in action ? action.connect.will : undefined,
    address: '127.0.0.1',
  })
  if ('refused' in result) return 'refused at connect'
  const { grants } = result
  if ('connect' in action) return 'allowed'
  const allowed =
    'publish' in action
      ? isTopicName(action.publish.topic) && !action.publish.topic.startsWith('$') && mayPublish(grants, action.publish)
      : isTopicFilter(action.subscribe.filter) && maySubscribe(grants, action.subscribe)
  return allowed ? 'allowed' : 'denied'
}

/** What a client sees. */
async function seen(one: PermissionCase, broker: TestBroker): Promise<Expected> {
  const { action, username, password, clientId } = one
  let client: MqttClient
  try {
    const will = 'connect' in action && action.connect.will
    client = await broker.connect(undefined, {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      clientId,
      ...(will && { will: { ...will, payload: Buffer.from('gone') } }),
    })
  } catch {
    return 'refused at connect'
  }
  try {
    return (await does(client, action)) ? 'allowed' : 'denied'
  } finally {
    client.end(true)
  }
}

async function does(client: MqttClient, action: PermissionCase['action']): Promise<boolean> {
  if ('connect' in action) return true
  const cutOff = new Promise<false>((resolve) => client.once('close', () => resolve(false)))
  const done =
    'publish' in action
      ? // An answer to what comes after it: a message of QoS 0 has none.
        client.publishAsync(action.publish.topic, 'x', action.publish).then(() => client.unsubscribeAsync('x'))
      : client.subscribeAsync(action.subscribe.filter, { qos: action.subscribe.qos })
  return Promise.race([
    cutOff,
    done.then(
      () => true,
      () => false,
    ),
  ])
}

/** What MQTT.js would not send, as bytes. */
async function seenOfBytes({ action, username = '' }: PermissionCase, broker: TestBroker): Promise<Expected> {
  const client = await rawClient(broker.tcp)
  const connect = connectPacket(username).subarray(0, -text(username).length)
  const whole = packet(connect[0] ?? 0, connect.subarray(2), text(PASSWORD))
  client.socket.write(whole)
  await until(() => client.bytes().length === 4, 'the answer')
  const malformed =
    'publish' in action
      ? packet(0x30, text(action.publish.topic), 'x')
      : packet(0x82, 0, 1, text('subscribe' in action ? action.subscribe.filter : ''), 0)
  client.socket.write(Buffer.concat([malformed, packet(0xc0)]))
  await client.ended
  return client.bytes().length === 4 ? 'denied' : 'allowed'
}

function isMalformed({ action }: PermissionCase): boolean {
  if ('publish' in action) return !isTopicName(action.publish.topic)
  return 'subscribe' in action && !isTopicFilter(action.subscribe.filter)
}

/** Here no file may have a DOCTYPE: entities could read others, or be without an end. */
const STRICTER: FileName = 'entity'

function expectedOfRules({ credentials, expected }: PermissionCase): Expected {
  return credentials === STRICTER ? 'refused at connect' : expected
}

/** What permissions allow, and this broker has not: shared subscriptions, and what it tells of itself. */
function expectedHere(one: PermissionCase): Expected {
  const { action } = one
  const expected = expectedOfRules(one)
  const isMissing = 'subscribe' in action && /^\$(?:share\/|SYS)/.test(action.subscribe.filter)
  return isMissing && expected === 'allowed' ? 'denied' : expected
}

/** The cases of a file whose outcome is another one. Those of one client come one after the other: it has one connection. */
async function differences(name: FileName, cases: readonly PermissionCase[], t: TestContext): Promise<string[]> {
  const broker = await embeddedBroker(t, files[name], { limits: LIMITS, passwordType: typeOf(name) })
  const found: string[] = []
  const byClient = new Map<string, PermissionCase[]>()
  for (const one of cases) {
    const client = JSON.stringify([one.username, one.clientId])
    byClient.set(client, [...(byClient.get(client) ?? []), one])
  }
  const clients = [...byClient.values()]
  for (let from = 0; from < clients.length; from += AT_ONCE) {
    await Promise.all(
      clients.slice(from, from + AT_ONCE).map(async (ofClient) => {
        for (const one of ofClient) {
          const outcome = await (isMalformed(one) ? seenOfBytes : seen)(one, broker)
          if (outcome !== expectedHere(one)) found.push(`${one.name}: ${outcome}`)
        }
      }),
    )
  }
  return found
}

test('the rules say what HiveMQ says', async () => {
  const found: string[] = []
  for (const [name, cases] of byFile) {
    const current = credentialsOf(name)
    for (const one of cases) {
      const outcome = await judged(one, current)
      if (outcome !== expectedOfRules(one)) found.push(`${one.name}: ${outcome}`)
    }
  }
  assert.deepEqual(found, [])
})

test('clients see what they see of HiveMQ', async (t) => {
  const found = await Promise.all([...byFile].map(([name, cases]) => differences(name, cases, t)))
  assert.deepEqual(found.flat(), [])
})
