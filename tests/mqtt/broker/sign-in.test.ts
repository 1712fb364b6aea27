import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignIn } from '../../../kernel/mqtt/broker/sign-in.js'
import { parseCredentials } from '../../../kernel/mqtt/credentials/parse.js'
import { embeddedBroker, fileOf, SCOPED } from '../../support/embedded-broker.js'

/** With what a client is refused (MQTT 3.1.1, 3.2.2.3), or in. */
async function answer(connecting: Promise<unknown>): Promise<number | 'in' | string> {
  try {
    await connecting
    return 'in'
  } catch (error) {
    return (error as { code?: number }).code ?? (error as Error).message
  }
}

test('who is let in, and the answer to who is not', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, 'a b': ['<topic>x</topic>'] }))
  const is = async (expected: number | 'in', username: string | undefined, options: object = {}) => {
    const what = JSON.stringify([username, options])
    assert.equal(await answer(broker.connect(username, options)), expected, what)
    assert.equal(await answer(broker.connect(username, { ...options, url: broker.webSocket })), expected, what)
  }
  await is('in', 'anna')
  await is('in', 'a b')
  await is('in', 'anna', { clientId: 'ä/1' })
  await is('in', 'anna', { clientId: 'x'.repeat(30_000) })
  await is('in', 'anna', { clientId: '' })
  assert.equal(await answer(broker.connect('anna', { protocolVersion: 3, protocolId: 'MQIsdp' })), 'in')
  await is(4, undefined)
  await is(4, undefined, { username: 'anna' })
  await is(2, 'anna', { clientId: 'a#' })
  await is(2, 'anna', { clientId: '+' })
  await is(4, 'an+na')
  await is(4, '#')
  await is(5, 'Anna')
  await is(5, 'anna', { password: 'Anna' })
  await is(5, 'anna', { password: '' })
  await is(1, 'anna', { protocolVersion: 5 })
})

test('a will is judged when its client connects', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: [...SCOPED, '<topic>exact</topic><qos>ONE</qos>'] }))
  const will = (topic: string, more: object = {}) =>
    answer(broker.connect('anna', { will: { topic, payload: Buffer.from('gone'), qos: 0, retain: false, ...more } }))
  assert.equal(await will('anna/clients/gone'), 'in')
  assert.equal(await will('anna/gone'), 5)
  assert.equal(await will('exact', { qos: 1 }), 'in')
  assert.equal(await will('exact', { qos: 2 }), 5)
  assert.equal(await will('$SYS/gone'), 5)
})

test('who guesses is not listened to for a while, and those beside it are', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, berta: SCOPED }), { limits: { wrongOfUser: 3 } })
  for (let i = 0; i < 3; i++) assert.equal(await answer(broker.connect('anna', { password: `guess ${i}` })), 5)
  assert.equal(await answer(broker.connect('anna')), 3)
  assert.equal(await answer(broker.connect('berta')), 'in')
  const warnings = broker.lines.filter(({ level }) => level === 'warn')
  assert.deepEqual(
    warnings.map(({ details: { user, reason } }) => [user, reason]),
    [['anna', 'the user is unknown or the password wrong']],
  )
  assert.ok(!JSON.stringify(broker.lines).includes('guess'))
})

test('who spreads guesses over users is not listened to either', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), { limits: { wrongOfAddress: 3 } })
  for (let i = 0; i < 3; i++) assert.equal(await answer(broker.connect(`user ${i}`)), 5)
  assert.equal(await answer(broker.connect('anna')), 3)
})

test('a user takes so many connections, an address so many, and strangers so many', async (t) => {
  const file = fileOf({ anna: SCOPED, berta: SCOPED })
  const byUser = await embeddedBroker(t, file, { limits: { connectionsOfUser: 2 } })
  const first = await byUser.connect('anna')
  await byUser.connect('anna')
  assert.equal(await answer(byUser.connect('anna')), 3)
  assert.equal(await answer(byUser.connect('berta')), 'in')
  await first.endAsync()
  assert.equal(await answer(byUser.connect('anna')), 'in')

  const byAddress = await embeddedBroker(t, file, { limits: { connectionsOfAddress: 2 } })
  await byAddress.connect('anna')
  await byAddress.connect('berta')
  assert.notEqual(await answer(byAddress.connect('anna')), 'in')
})

test('nobody connects without a file, or with one that is broken', async (t) => {
  const without = await embeddedBroker(t, undefined)
  assert.equal(await answer(without.connect('anna')), 5)
  const told = without.lines.filter(({ level }) => level === 'warn' || level === 'error')
  assert.match(
    told[0]?.message ?? '',
    /^there is no hive-mq\/.*credentials\.xml: no client can connect.*m3saas mqtt user add/,
  )
  const broken = await embeddedBroker(t, '<file-rbac>')
  assert.equal(await answer(broken.connect('anna')), 5)
  assert.equal(broken.lines.filter(({ level }) => level === 'error').length, 1)
})

test('a password that is changed while it is looked at lets nobody in', async () => {
  const read = (xml: string) => ({ credentials: parseCredentials(xml, 'PLAIN'), passwordType: 'PLAIN' as const })
  let current = read(fileOf({ anna: SCOPED }))
  const signIn = new SignIn({
    limits: { wrongOfUser: 10, wrongOfAddress: 10, hashing: 1, waitingForHash: 1 },
    current: () => current,
    verify: async () => {
      current = read(fileOf({ anna: SCOPED }).replace('<password>anna<', '<password>another<'))
      return true
    },
    decoy: async () => '',
  })
  const request = { username: 'anna', password: Buffer.from('anna'), clientId: 'x', will: undefined, address: 'x' }
  assert.ok('refused' in (await signIn.judge(request)))
  assert.ok('grants' in (await signIn.judge(request)))
})
