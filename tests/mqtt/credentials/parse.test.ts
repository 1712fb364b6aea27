import assert from 'node:assert/strict'
import { test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import type { PasswordType } from '../../../kernel/mqtt/credentials/credentials.js'
import { parseCredentials } from '../../../kernel/mqtt/credentials/parse.js'
import { file, HASH, role, user } from './file.js'

/** As it stands in files: it is replaced when somebody signs in. */
const USERNAME = '$' + '{{username}}'
const ALL = { activity: 'ALL', qos: 'ALL', retain: 'ALL', sharedSubscription: 'ALL', sharedGroup: '#' }

function faultsOf(xml: string, type: PasswordType = 'HASHED'): string[] {
  try {
    parseCredentials(xml, type)
  } catch (error) {
    assert.ok(error instanceof M3Error)
    assert.equal(error.code, 'CREDENTIALS_INVALID')
    return error.faults.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

const permissionOf = (permission: string) =>
  parseCredentials(file(user(), role(permission)), 'HASHED').roles.get('r')?.[0]

test('users and roles are read in their order, with what is left out filled in', () => {
  const read = parseCredentials(
    `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
    <!-- who may sign in -->
    <file-rbac>
      <roles>${role(`<topic>${USERNAME}/#</topic><activity>SUBSCRIBE</activity>`)}
        <role><id>two</id><permissions>
          <permission><topic>#</topic><activity>PUBLISH</activity><qos>ZERO_ONE</qos><retain>NOT_RETAINED</retain></permission>
          <permission><topic>b</topic><shared-subscription>SHARED</shared-subscription><shared-group>g</shared-group></permission>
        </permissions></role>
      </roles>
      <users>${user('bob', '<note>unknown elements are nobody’s concern</note>')}
        <user><roles><id>two</id><id>r</id></roles><password>${HASH}</password><name>al</name></user></users>
    </file-rbac>`,
    'HASHED',
  )
  assert.deepEqual(
    [...read.users.values()],
    [
      { name: 'bob', password: HASH, roles: ['r'] },
      { name: 'al', password: HASH, roles: ['two', 'r'] },
    ],
  )
  assert.deepEqual(
    [...read.roles],
    [
      ['r', [{ ...ALL, topic: `${USERNAME}/#`, activity: 'SUBSCRIBE' }]],
      [
        'two',
        [
          { ...ALL, topic: '#', activity: 'PUBLISH', qos: 'ZERO_ONE', retain: 'NOT_RETAINED' },
          { ...ALL, topic: 'b', sharedSubscription: 'SHARED', sharedGroup: 'g' },
        ],
      ],
    ],
  )
})

test('empty elements say as much as none, and white space is no choice and part of a text', () => {
  assert.deepEqual(permissionOf('<topic>a</topic><activity/><qos></qos><shared-group><!-- any --></shared-group>'), {
    ...ALL,
    topic: 'a',
  })
  assert.deepEqual(faultsOf(file(user(), role('<topic>a</topic><activity>\n PUBLISH\t</activity>'))), [
    'line 1: the activity of a permission of the role r must be one of PUBLISH, SUBSCRIBE, ALL',
  ])
  assert.equal(permissionOf('<topic> a\n</topic>')?.topic, ' a\n')
})

test('texts go on across comments and CDATA, characters may be written as references', () => {
  assert.equal(permissionOf('<topic>a<!-- x -->b<![CDATA[<&]]>&amp;&#65;&#x1F511;</topic>')?.topic, 'ab<&&A🔑')
})

test('the last of two elements counts', () => {
  const xml = file().replace('<users>', `<users>${user('first')}</users><users>`)
  assert.deepEqual([...parseCredentials(xml, 'HASHED').users.keys()], ['bob'])
  assert.equal(permissionOf('<topic>a</topic><topic>b</topic>')?.topic, 'b')
})

test('elements of another namespace are not those that are meant', () => {
  assert.deepEqual(faultsOf(file().replace('<users>', '<users xmlns="urn:x">')), [
    'line 1: has no users: there must be at least one',
  ])
  assert.deepEqual(faultsOf(file().replace('<file-rbac>', '<file-rbac xmlns="urn:x">')), [
    'line 1: must have file-rbac as its root element',
  ])
})

test('byte order mark, Windows line ends and names as of objects are fine', () => {
  const xml = `\uFEFF<?xml version="1.0"?>\r\n${file(user('__proto__') + user('constructor'))}\r\n`
  assert.deepEqual([...parseCredentials(xml, 'HASHED').users.keys()], ['__proto__', 'constructor'])
  const next = parseCredentials(file(user('a\u0085b')), 'HASHED')
  assert.deepEqual([...next.users.keys()], ['a\u0085b'])
})

test('every fault is told, with its line', () => {
  const wrong = `<file-rbac>
    <users>
      <user><password>${HASH}</password><roles><id>r</id></roles></user>
      ${user('bob')}
      ${user('bob')}
      <user><name>no-password</name><roles><id>r</id></roles></user>
      <user><name>plain</name><password>hunter2</password><roles><id>r</id></roles></user>
      <user><name>no-roles</name><password>${HASH}</password></user>
      <user><name>other</name><password>${HASH}</password><roles><id/>
        <id>nobody</id></roles></user>
      <user><name>a<b/></name></user>
    </users>
    <roles>
      ${role()}
      ${role('<topic>x</topic>')}
      ${role('<topic/>', 'no-topic')}
      ${role('<topic>x</topic><activity>publish</activity><qos>3</qos><retain>YES</retain><shared-subscription> </shared-subscription>', 'odd')}
      <role><id>none</id></role>
      <role><permissions/></role>
    </roles>
  </file-rbac>`
  assert.deepEqual(faultsOf(wrong), [
    'line 15: the role r is there twice',
    'line 16: a permission of the role no-topic has no topic',
    'line 17: the activity of a permission of the role odd must be one of PUBLISH, SUBSCRIBE, ALL',
    'line 17: the qos of a permission of the role odd must be one of ZERO, ONE, TWO, ZERO_ONE, ONE_TWO, ZERO_TWO, ALL',
    'line 17: the retain of a permission of the role odd must be one of RETAINED, NOT_RETAINED, ALL',
    'line 17: the shared-subscription of a permission of the role odd must be one of SHARED, NOT_SHARED, ALL',
    'line 18: the role none has no permissions',
    'line 19: a role has no id',
    'line 3: a user has no name',
    'line 5: the user bob is there twice',
    'line 6: the user no-password has no password',
    'line 7: the password of the user plain is not of the form salt:iterations:hash',
    'line 8: the user no-roles has no roles',
    'line 9: the user other has a role without an id',
    'line 10: the user other has an unknown role: nobody',
    'line 11: the name of a user must be a text',
  ])
})

test('a file without users or roles is refused, as the extension refuses it', () => {
  assert.deepEqual(faultsOf(file('')), ['line 1: has no users: there must be at least one'])
  assert.deepEqual(faultsOf('<file-rbac>\n<users/></file-rbac>'), [
    'line 1: has no roles: there must be at least one',
    'line 2: has no users: there must be at least one',
  ])
})

test('plain passwords are anything but empty', () => {
  const plain = file(user().replace(HASH, 'hunter2'))
  assert.deepEqual(faultsOf(plain, 'PLAIN'), [])
  assert.equal(faultsOf(plain).length, 1)
  assert.equal(faultsOf(file(user().replace(HASH, '')), 'PLAIN').length, 1)
})
