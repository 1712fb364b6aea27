import assert from 'node:assert/strict'
import { test } from 'node:test'
import { substitute } from '../../../kernel/mqtt/broker/substitution.js'

const variable = (expression: string) => `$\{{${expression}}}`
const USERNAME = variable('username')
const CLIENT_ID = variable('clientid')

const CASES: readonly (readonly [topic: string, becomes: string])[] = [
  ['plain/topic', 'plain/topic'],
  [`${USERNAME}/#`, 'anna/#'],
  [`${CLIENT_ID}/${USERNAME}`, 'phone/anna'],
  [`a/${variable('UserName')}/${variable('CLIENTID')}`, 'a/anna/phone'],
  [`a${USERNAME}b`, 'aannab'],
  // A space makes another key; what is unknown stays.
  [variable(' username '), variable(' username ')],
  [variable('tenant'), variable('tenant')],
  [variable('tenant:-all'), 'all'],
  [variable('username:-all'), 'anna'],
  [variable('tenant:-'), ''],
  // It ends at the first end, which is not that of the default here: what is left looks like a variable, and is none.
  [variable(`tenant:-${USERNAME}`), USERNAME],
  // A key does not.
  [variable(USERNAME), variable(USERNAME)],
  [`§${USERNAME}`, USERNAME],
  [`§${USERNAME}/${USERNAME}`, `${USERNAME}/anna`],
  [`§§${USERNAME}`, `§${USERNAME}`],
  ['§', '§'],
  [`§$\{{username`, `§$\{{username`],
  [`§${variable(USERNAME)}`, `$\{{anna}}`],
  [`$\{username}`, `$\{username}`],
  [`$\{{username`, `$\{{username`],
  ['username}}', 'username}}'],
]

test('user names and client ids are put into topics', () => {
  for (const [topic, becomes] of CASES) {
    assert.equal(substitute(topic, { username: 'anna', clientId: 'phone' }), becomes, topic)
  }
})

test('what is put in is looked through in turn, and may not hold itself', () => {
  assert.equal(substitute(USERNAME, { username: `x${CLIENT_ID}`, clientId: 'phone' }), 'xphone')
  assert.equal(substitute(CLIENT_ID, { username: 'anna', clientId: `§${USERNAME}` }), USERNAME)
  // The end of a value and what follows it are one text.
  assert.equal(substitute(USERNAME + CLIENT_ID, { username: 'a§', clientId: 'phone' }), `a${CLIENT_ID}`)
  for (const username of [USERNAME, CLIENT_ID, variable('UserName')]) {
    assert.throws(() => substitute(USERNAME, { username, clientId: USERNAME }), /contains itself/)
  }
})
