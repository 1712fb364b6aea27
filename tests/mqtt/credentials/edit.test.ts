import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addUser, removeUser, setPassword } from '../../../kernel/mqtt/credentials/edit.js'
import { newCredentials, SCOPED_ROLE, SERVER_ROLE } from '../../../kernel/mqtt/credentials/new-file.js'
import { parseCredentials } from '../../../kernel/mqtt/credentials/parse.js'
import { file, HASH, role, user } from './file.js'

const OTHER = 'b3RoZXI=:1:b3RoZXI='
const eve = { name: 'eve', password: OTHER, roles: ['r'] }

/** Everything that an edit must leave alone. */
const LIVED_IN = `<?xml version='1.0' encoding='UTF-8'?>
<!-- ours & <nobody> else's -->
<file-rbac  xmlns:x='urn:x' >

\t<users>
\t\t<!-- the first -->
\t\t<user >
\t\t\t<!-- Hash for: passs -->
\t\t\t<name>bob</name>
\t\t\t<password>${HASH}</password>
\t\t\t<x:note a='"' b="<!-- no comment: &lt;/user> -->"><![CDATA[</user><users>]]></x:note>
\t\t\t<roles>
\t\t\t\t<id>r</id>
\t\t\t</roles>
\t\t</user>

\t\t<user>
\t\t\t<name>al&#233;</name>
\t\t\t<password>${HASH}</password>
\t\t\t<roles>
\t\t\t\t<id>r</id>
\t\t\t</roles>
\t\t</user> <!-- the last -->
\t\t<!-- <user><name>gone</name></user> -->
\t</users>
\t<empty /><roles>${role()}</roles>
</file-rbac>
<!-- end -->
`.replace('<!-- no comment: &lt;/user> -->', 'no comment: &lt;/user>')

const ENTRY = `
\t\t<user>
\t\t\t<name>eve</name>
\t\t\t<password>${OTHER}</password>
\t\t\t<roles>
\t\t\t\t<id>r</id>
\t\t\t</roles>
\t\t</user>`

test('a new user comes behind the last one, indented like it; all else stays to the character', () => {
  const added = addUser(LIVED_IN, 'HASHED', eve)
  assert.equal(added, LIVED_IN.replace(' <!-- the last -->', ` <!-- the last -->${ENTRY}`))
  assert.equal(removeUser(added, 'HASHED', 'eve'), LIVED_IN)
})

test('Windows line ends and a byte order mark stay, and are kept to', () => {
  const windows = `\uFEFF${LIVED_IN.replaceAll('\n', '\r\n')}`
  const added = addUser(windows, 'HASHED', eve)
  assert.equal(added, `\uFEFF${addUser(LIVED_IN, 'HASHED', eve).replaceAll('\n', '\r\n')}`)
  assert.equal(removeUser(added, 'HASHED', 'eve'), windows)
})

test('where all stands on one line, so does the new user', () => {
  const added = addUser(file(), 'HASHED', eve)
  assert.equal(added, file(user() + user('eve').replace(HASH, OTHER)))
  assert.equal(removeUser(added, 'HASHED', 'bob'), file(user('eve').replace(HASH, OTHER)))
})

test('removing a user takes its lines and leaves the comments around them', () => {
  const removed = removeUser(LIVED_IN, 'HASHED', 'bob')
  assert.deepEqual([...parseCredentials(removed, 'HASHED').users.keys()], ['alé'])
  assert.ok(removed.includes('\t\t<!-- the first -->\n\n\t\t<user>'))
  const other = removeUser(LIVED_IN, 'HASHED', 'alé')
  assert.ok(other.includes('\n\t\t <!-- the last -->\n\t\t<!-- <user><name>gone'))
})

test('a password is set in its place', () => {
  assert.equal(setPassword(LIVED_IN, 'HASHED', 'bob', OTHER), LIVED_IN.replace(HASH, OTHER))
  const plain = file(user().replace(HASH, '<![CDATA[a<b]]>'))
  assert.equal(setPassword(plain, 'PLAIN', 'bob', 'x<&>"y'), file(user().replace(HASH, 'x&lt;&amp;&gt;"y')))
})

test('names with what XML has for itself are written so that they are read again', () => {
  const name = `a<b>&"c"'d' ]]> <!-- é 🔑`
  const added = addUser(LIVED_IN, 'HASHED', { ...eve, name })
  assert.deepEqual([...parseCredentials(added, 'HASHED').users.keys()], ['bob', 'alé', name])
  assert.equal(removeUser(added, 'HASHED', name), LIVED_IN)
})

test('several roles, each once in a line', () => {
  const xml = LIVED_IN.replace('</roles>\n</file-rbac>', `${role('<topic>x</topic>', 's')}</roles>\n</file-rbac>`)
  const added = addUser(xml, 'HASHED', { ...eve, roles: ['s', 'r'] })
  assert.ok(added.includes('\t\t\t<roles>\n\t\t\t\t<id>s</id>\n\t\t\t\t<id>r</id>\n\t\t\t</roles>\n\t\t</user>'))
})

test('a file without users gets its first, however it has none', () => {
  const roles = `<roles>${role()}</roles>`
  for (const xml of [
    `<file-rbac>\n  <users/>\n  ${roles}\n</file-rbac>`,
    `<file-rbac>\n  <users></users>\n  ${roles}\n</file-rbac>`,
    `<file-rbac>\n  <users>\n  </users>\n  ${roles}\n</file-rbac>`,
    `<file-rbac>\n  ${roles}\n</file-rbac>`,
  ]) {
    const added = addUser(xml, 'HASHED', eve)
    assert.match(
      added,
      /^<file-rbac>\n {2}<users>\n {6}<user>\n {10}<name>eve<.*\n {6}<\/user>\n {2}<\/users>\n {2}<roles>/s,
    )
    assert.deepEqual([...parseCredentials(added, 'HASHED').users.values()], [eve])
  }
  assert.equal(parseCredentials(addUser(`<file-rbac>${roles}</file-rbac>`, 'HASHED', eve), 'HASHED').users.size, 1)
})

test('what makes no sense is refused', () => {
  const refused = (fn: () => unknown, message: RegExp) => assert.throws(fn, { code: 'BROKER_USER_REFUSED', message })
  refused(() => addUser(file(), 'HASHED', { ...eve, name: 'bob' }), /There is a user bob already/)
  refused(() => addUser(file(), 'HASHED', { ...eve, roles: ['x'] }), /There is no role x: there are r$/)
  refused(() => addUser(file(), 'HASHED', { ...eve, roles: [] }), /must have a role/)
  refused(() => removeUser(file(), 'HASHED', 'eve'), /There is no user eve/)
  refused(() => removeUser(file(), 'HASHED', 'bob'), /bob is the last user, which stays: HiveMQ refuses/)
  refused(() => setPassword(file(), 'HASHED', 'eve', OTHER), /There is no user eve/)
  // A carriage return would be another character when it is read again.
  refused(() => addUser(file(), 'HASHED', { ...eve, name: 'a\rb' }), /altered more than it should/)
  assert.throws(() => addUser('<file-rbac>', 'HASHED', eve), { code: 'CREDENTIALS_INVALID' })
  assert.throws(() => addUser(file(user() + user()), 'HASHED', eve), { code: 'CREDENTIALS_INVALID' })
})

test('a new file has the two roles and its first user', () => {
  const xml = newCredentials('HASHED', { ...eve, roles: [SERVER_ROLE] })
  const { users, roles } = parseCredentials(xml, 'HASHED')
  assert.deepEqual([...users.keys()], ['eve'])
  assert.deepEqual(
    [...roles].map(([id, permissions]) => [id, permissions.map(({ topic, activity }) => `${activity} ${topic}`)]),
    [
      [SCOPED_ROLE, ['SUBSCRIBE $' + '{{username}}/#', 'ALL $' + '{{username}}/clients/#']],
      [SERVER_ROLE, ['PUBLISH #']],
    ],
  )
  assert.ok(xml.includes('    <users>\n        <user>\n            <name>eve</name>\n'), xml)
  assert.throws(() => newCredentials('HASHED', eve), /There is no role r: there are scoped-role, server-role/)
})
