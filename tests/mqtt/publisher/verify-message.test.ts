import assert from 'node:assert/strict'
import { test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import { verifyMessage } from '../../../kernel/mqtt/publisher/verify-message.js'

const tenant = { id: 7, name: 'acme' }
const rules = { sharedTopics: ['weather/+', 'news/#'], payloadLimit: 10 }
const verify = (topic: unknown, payload: unknown, options?: unknown) =>
  verifyMessage(tenant, { topic, payload, options }, rules)

const TAKEN: readonly [string, unknown, unknown, object][] = [
  ['a', 'x', undefined, { topic: 'acme/a', payload: 'x', qos: 0, retain: false, bytes: 7 }],
  ['a/b/', '', {}, { topic: 'acme/a/b/', payload: '', qos: 0, retain: false, bytes: 9 }],
  ['/', 'x', { qos: 1 }, { topic: 'acme//', payload: 'x', qos: 1, retain: false, bytes: 7 }],
  ['$SYS', 'x', { qos: 2, retain: true }, { topic: 'acme/$SYS', payload: 'x', qos: 2, retain: true, bytes: 10 }],
  ['é €', '😀', { shared: false }, { topic: 'acme/é €', payload: '😀', qos: 0, retain: false, bytes: 15 }],
  ['weather/rome', 'x', { shared: true }, { topic: 'weather/rome', payload: 'x', qos: 0, retain: false, bytes: 13 }],
  ['news', 'x', { shared: true, qos: undefined }, { topic: 'news', payload: 'x', qos: 0, retain: false, bytes: 5 }],
  ['a', '0123456789', undefined, { topic: 'acme/a', payload: '0123456789', qos: 0, retain: false, bytes: 16 }],
]

for (const [topic, payload, options, message] of TAKEN) {
  test(`${JSON.stringify(topic)} with ${JSON.stringify(options)} is taken as ${JSON.stringify(message)}`, () => {
    assert.deepEqual(verify(topic, payload, options), { tenant, ...message })
  })
}

const REFUSED: readonly [unknown, unknown, unknown, string][] = [
  ['', 'x', undefined, 'The topic is empty'],
  [undefined, 'x', undefined, 'A topic is text, not undefined'],
  [12, 'x', undefined, 'A topic is text, not a number'],
  [{ toString: () => 'a' }, 'x', undefined, 'A topic is text, not an object'],
  ['a/#', 'x', undefined, 'The topic "a/#" contains #, which stands for other topics: it is for subscribers'],
  ['a+b', 'x', undefined, 'The topic "a+b" contains +, which stands for other topics: it is for subscribers'],
  ['a\0', 'x', undefined, 'The topic "a\\u0000" contains NUL'],
  ['a\ud800', 'x', undefined, 'The topic "a\\ud800" is not text: half of a character stands alone'],
  ['a\n', 'x', undefined, 'The topic "a\\n" contains a control character'],
  ['a\uffff', 'x', undefined, 'The topic "a\uffff" contains a control character'],
  ['a'.repeat(65_531), 'x', undefined, `The topic "acme/${'a'.repeat(75)}…" has 65536 bytes; 65535 are the most`],
  ['a', undefined, undefined, 'The payload for "acme/a" is text or a Uint8Array, not undefined'],
  ['a', 5, undefined, 'The payload for "acme/a" is text or a Uint8Array, not a number'],
  [
    'a',
    {},
    undefined,
    'The payload for "acme/a" is text or a Uint8Array, not an object: JSON.stringify makes text of it',
  ],
  ['a', [], undefined, 'The payload for "acme/a" is text or a Uint8Array, not a list: JSON.stringify makes text of it'],
  ['a', '0123456789€', undefined, 'The payload for "acme/a" has 13 bytes; mqtt.payloadLimit allows 10 at most'],
  ['a', new Uint8Array(11), undefined, 'The payload for "acme/a" has 11 bytes; mqtt.payloadLimit allows 10 at most'],
  ['a', 'x', null, 'The options of a message are an object, not null'],
  ['a', 'x', 1, 'The options of a message are an object, not a number'],
  ['a', 'x', { qos: 3 }, 'qos is 0, 1 or 2, not 3'],
  ['a', 'x', { qos: '1' }, 'qos is 0, 1 or 2, not "1"'],
  ['a', 'x', { qos: null }, 'qos is 0, 1 or 2, not null'],
  ['a', 'x', { retain: 1 }, 'retain is true or false, not 1'],
  ['a', 'x', { shared: 'yes' }, 'shared is true or false, not "yes"'],
  ['a', 'x', { retained: true }, 'A message has no option "retained", but qos, retain, shared'],
  ['other/a', 'x', { shared: true }, 'The topic "other/a" is not shared: mqtt.sharedTopics has weather/+, news/#'],
  [
    'weather/a/b',
    'x',
    { shared: true },
    'The topic "weather/a/b" is not shared: mqtt.sharedTopics has weather/+, news/#',
  ],
  [
    'weather/#',
    'x',
    { shared: true },
    'The topic "weather/#" contains #, which stands for other topics: it is for subscribers',
  ],
]

for (const [topic, payload, options, message] of REFUSED) {
  test(`${message.slice(0, 90)} is said of it, and the message refused`, () => {
    assert.throws(
      () => verify(topic, payload, options),
      (error) => error instanceof M3Error && error.code === 'MESSAGE_INVALID' && error.message === message,
    )
  })
}

test('where no topic is shared, that is said', () => {
  const none = { ...rules, sharedTopics: [] }
  assert.throws(
    () => verifyMessage(tenant, { topic: 'a', payload: 'x', options: { shared: true } }, none),
    /^M3Error: The topic "a" is not shared: none is configured$/,
  )
})

test('the longest topic that MQTT has is taken', () => {
  assert.equal(Buffer.byteLength(verify('a'.repeat(65_530), 'x').topic), 65_535)
})

test('bytes are copied, those of a part of a buffer alone', () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5])
  const { payload } = verify('a', bytes.subarray(1, 4))
  bytes.fill(9)
  assert.deepEqual(payload, Buffer.from([2, 3, 4]))
})

test('an object that says to be bytes and is none is refused', () => {
  const fake = Object.create(Uint8Array.prototype)
  assert.throws(() => verify('a', fake), /is text or a Uint8Array, not an object/)
})
