import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import type { Credentials } from '../../kernel/mqtt/credentials/credentials.js'
import { readExtensionConfig } from '../../kernel/mqtt/credentials/extension-config.js'
import { newCredentials, SCOPED_ROLE, SERVER_ROLE } from '../../kernel/mqtt/credentials/new-file.js'
import { parseCredentials } from '../../kernel/mqtt/credentials/parse.js'
import { verifyPassword } from '../../kernel/mqtt/credentials/password.js'
import { childOf, childrenOf, parseXml, textOf } from '../../kernel/mqtt/credentials/xml.js'
import { repository } from '../support/app.js'

const folder = path.join(repository, 'hive-mq/extensions/hivemq-file-rbac-extension')
const example = async () =>
  parseCredentials(await readFile(path.join(folder, 'credentials.xml.example'), 'utf8'), 'HASHED')

test('the example of credentials.xml has the user of the original, with its password', async () => {
  const { users } = await example()
  assert.deepEqual([...users.keys()], ['app_user'])
  const user = users.get('app_user')
  assert.deepEqual(user?.roles, [SCOPED_ROLE])
  assert.equal(await verifyPassword(Buffer.from('passs'), user?.password ?? '', 'HASHED'), true)
  assert.equal(await verifyPassword(Buffer.from('pass'), user?.password ?? '', 'HASHED'), false)
})

test('the roles of the example are those of a file that m3saas writes', async () => {
  const user = { name: 'acme', password: 'c2FsdA==:1:aGFzaA==', roles: [SCOPED_ROLE] }
  const roles = ({ roles }: Credentials) => Object.fromEntries(roles)
  const shipped = roles(await example())
  assert.deepEqual(Object.keys(shipped), [SCOPED_ROLE, SERVER_ROLE])
  assert.deepEqual(shipped, roles(parseCredentials(newCredentials('HASHED', user), 'HASHED')))
})

test('the extension is configured for hashed passwords, and looks often for new users', async () => {
  assert.deepEqual(await readExtensionConfig(folder), { passwordType: 'HASHED', reloadSeconds: 5 })
})

test('no user is shipped: credentials.xml is kept out of git and out of the image', async () => {
  const file = 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml'
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim()
  assert.equal(git('ls-files', file), '')
  assert.equal(git('check-ignore', file), file)
  const ignored = (await readFile(path.join(repository, 'hive-mq/.dockerignore'), 'utf8')).split('\n')
  assert.ok(ignored.includes('*'))
  assert.deepEqual(
    ignored.filter((line) => line.startsWith('!') && line.includes('credentials')),
    [],
  )
})

test('HiveMQ listens for MQTT on 1883, and for MQTT over WebSocket on 8000 at /mqtt', async () => {
  const root = parseXml(await readFile(path.join(repository, 'hive-mq/config.xml'), 'utf8'), 'hivemq')
  const listeners = childOf(root, 'listeners')
  assert.ok(listeners)
  const [tcp, ...moreTcp] = childrenOf(listeners, 'tcp-listener')
  const [websocket, ...moreWebsockets] = childrenOf(listeners, 'websocket-listener')
  assert.ok(tcp && websocket)
  assert.deepEqual([...moreTcp, ...moreWebsockets], [])
  const textIn = (parent: typeof root, name: string) => textOf(childOf(parent, name) ?? assert.fail(name))
  assert.equal(textIn(tcp, 'port'), '1883')
  assert.equal(textIn(websocket, 'port'), '8000')
  assert.equal(textIn(websocket, 'path'), '/mqtt')
  const subprotocols = childrenOf(childOf(websocket, 'subprotocols') ?? assert.fail(), 'subprotocol')
  assert.deepEqual(subprotocols.map(textOf), ['mqtt'])
})
