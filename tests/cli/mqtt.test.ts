import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { parseCredentials } from '../../kernel/mqtt/credentials/parse.js'
import { verifyPassword } from '../../kernel/mqtt/credentials/password.js'
import { repository } from '../support/app.js'
import { callCommand, runCommand } from '../support/command.js'

const FOLDER = 'hive-mq/extensions/hivemq-file-rbac-extension'
const FILE = `${FOLDER}/credentials.xml`
/** Of the original’s own text: `passs`. */
const SALT = 'R2l5d0tqTldZM3NtejdET3hkWHRBT0dxcFF6U1owRFk='
const HASH = `${SALT}:100:1MMjPJ2uOzC4cXx2SHNNMFwN2wo95TQVqcEAK9a3sC+QoblK+6UEqR/TA9W3ZVYQpzcaGiE7FCse7RFumxFdBA==`

async function rootOf(t: TestContext, config: object = { mqtt: { hashIterations: 7 } }) {
  const cwd = await mkdtemp(path.join(os.tmpdir(), 'm3saas-mqtt-'))
  t.after(() => rm(cwd, { recursive: true, force: true }))
  await writeFile(path.join(cwd, 'config.json'), JSON.stringify(config))
  const call = (line: string, stdin?: string) =>
    callCommand(line.split(' '), stdin === undefined ? { cwd } : { cwd, stdin })
  const read = () => readFile(path.join(cwd, FILE), 'utf8')
  return { cwd, call, read, credentials: async () => parseCredentials(await read(), 'HASHED') }
}

const says = (stdout: string) => ({ status: 0, stdout: `${stdout}\n`, stderr: '' })
const fails = (message: string, status = 1) => ({ status, stdout: '', stderr: `m3saas: ${message}\n` })

test('hash-password gives the hash of the original for its salt and count', async (t) => {
  const { call, cwd } = await rootOf(t)
  const given = `--salt ${SALT} --iterations 100`
  assert.deepEqual(await call(`mqtt hash-password passs ${given}`), says(HASH))
  assert.deepEqual(await call(`mqtt hash-password --password-stdin ${given}`, 'passs\n'), says(HASH))
  assert.deepEqual(await call(`mqtt hash-password passs ${given} --json`), says(JSON.stringify({ hash: HASH })))
  const { stdout } = await call('mqtt hash-password passs')
  assert.match(stdout, /^[\w+/=]{44}:7:[\w+/=]{88}\n$/)
  assert.equal(await verifyPassword(Buffer.from('passs'), stdout.trim(), 'HASHED'), true)
  assert.deepEqual(await readdir(cwd), ['config.json'])
})

test('hash-password called wrongly', async (t) => {
  const { call } = await rootOf(t)
  const wrong = [
    ['mqtt hash-password', 'name the password, or give it by --password-stdin'],
    ['mqtt hash-password x --password-stdin', 'name the password, or give it by --password-stdin'],
    [
      'mqtt hash-password x --salt a*',
      "option '--salt <base64>' argument 'a*' is invalid. It must be base64, of at least one byte.",
    ],
    [
      'mqtt hash-password x --iterations 0',
      "option '--iterations <n>' argument '0' is invalid. It must be an integer from 1 to 10000000.",
    ],
  ] as const
  for (const [line, message] of wrong) {
    assert.deepEqual(await call(line), fails(`${message}\n(add --help for the usage)`, 2))
  }
  assert.deepEqual(
    await call('mqtt hash-password --password-stdin', ''),
    fails('There is no password on standard input'),
  )
})

test('users are added, listed, given other passwords and removed', async (t) => {
  const { cwd, call, credentials } = await rootOf(t)
  assert.deepEqual(await call('mqtt user list'), says('no broker users'))
  const added = await call('mqtt user add bob')
  assert.equal(added.status, 0)
  const password =
    /^added the broker user bob, with the role scoped-role\npassword: ([\w-]{32})\n$/.exec(added.stdout)?.[1] ?? ''
  const stored = (await credentials()).users.get('bob')?.password ?? ''
  assert.match(stored, /^[^:]+:7:/)
  assert.equal(await verifyPassword(Buffer.from(password), stored, 'HASHED'), true)
  assert.equal((await stat(path.join(cwd, FILE))).mode & 0o777, 0o600)

  assert.deepEqual(
    await call('mqtt user add eve --role server-role --role scoped-role --password-stdin --json', 'secret\n'),
    says('{"user":"eve","roles":["server-role","scoped-role"]}'),
  )
  assert.deepEqual(await call('mqtt user list'), says('name  roles\nbob   scoped-role\neve   server-role scoped-role'))
  assert.deepEqual(JSON.parse((await call('mqtt user list --json')).stdout), [
    { name: 'bob', roles: ['scoped-role'] },
    { name: 'eve', roles: ['server-role', 'scoped-role'] },
  ])
  assert.deepEqual(
    await call('mqtt user passwd bob --password-stdin', 'other'),
    says('changed the password of the broker user bob'),
  )
  const changed = (await credentials()).users.get('bob')?.password ?? ''
  assert.equal(await verifyPassword(Buffer.from('other'), changed, 'HASHED'), true)
  const random = JSON.parse((await call('mqtt user passwd bob --json')).stdout)
  assert.deepEqual([random.user, random.changed, random.password.length], ['bob', true, 32])

  assert.deepEqual(await call('mqtt user remove bob'), says('removed the broker user bob'))
  assert.deepEqual(
    await call('mqtt user remove eve'),
    fails(`${FILE}: eve is the last user, which stays: HiveMQ refuses a file without users. Add another one first`),
  )
  assert.deepEqual([...(await credentials()).users.keys()], ['eve'])
})

test('what is refused changes nothing', async (t) => {
  const { cwd, call, read } = await rootOf(t, { mqtt: { hashIterations: 1, sharedTopics: ['news/#'] } })
  assert.deepEqual(
    await call('mqtt user remove bob'),
    fails(`${FILE}: There are no broker users yet: there is no such file`),
  )
  await call('mqtt user add bob')
  const before = await read()
  const refused = [
    ['add bob', `${FILE}: There is a user bob already; m3saas mqtt user passwd bob gives it another password`],
    ['add a/b', 'The name of a broker user must have no /: it would reach into the topics of another user'],
    [
      'add news',
      'The name of a broker user must not be the first level of one of mqtt.sharedTopics, which belong to all',
    ],
    ['add eve --role admin', `${FILE}: There is no role admin: there are scoped-role, server-role`],
    ['remove eve', `${FILE}: There is no user eve`],
    ['passwd eve', `${FILE}: There is no user eve`],
  ] as const
  for (const [line, message] of refused) assert.deepEqual(await call(`mqtt user ${line}`), fails(message))
  const asJson = await call('mqtt user add bob --json')
  assert.equal(JSON.parse(asJson.stderr).code, 'BROKER_USER_REFUSED')
  assert.equal(await read(), before)

  await writeFile(path.join(cwd, FILE), before.replace('</users>', '</user>'))
  const broken = await call('mqtt user list')
  assert.deepEqual(
    broken,
    fails(`${FILE}: The file is not the XML that is expected\n  - line 11: closes an element with the tag of another`),
  )
})

test('plain passwords stand as they are where the extension is so configured', async (t) => {
  const { cwd, call, read } = await rootOf(t, { mqtt: { embedded: false } })
  await mkdir(path.join(cwd, FOLDER), { recursive: true })
  const xml = '<extension-configuration><password-type>PLAIN</password-type></extension-configuration>'
  await writeFile(path.join(cwd, FOLDER, 'extension-config.xml'), xml)
  await call('mqtt user add bob --password-stdin', 'a<b&"c\n')
  assert.ok((await read()).includes('<password>a&lt;b&amp;"c</password>'))
  assert.equal((await stat(path.join(cwd, FILE))).mode & 0o777, 0o644)
  const refused = await call('mqtt user passwd bob --password-stdin', 'a\rb\n')
  assert.deepEqual(refused, fails(`${FILE}: The password must have no control characters`))
})

test('of users added at once, by processes of their own, none is lost', async (t) => {
  const { cwd, call, credentials } = await rootOf(t)
  await call('mqtt user add first')
  const add = (name: string) => ['mqtt', 'user', 'add', name]
  const names = Array.from({ length: 8 }, (_, i) => `user${i}`)
  const outcomes = await Promise.all([
    ...names.map((name) => callCommand(add(name), { cwd })),
    ...['p', 'q', 'r'].map((name) => runCommand(add(name), { cwd })),
  ])
  assert.deepEqual(outcomes.map(({ status }) => status).filter(Boolean), [])
  assert.deepEqual([...(await credentials()).users.keys()].sort(), ['first', 'p', 'q', 'r', ...names].sort())
  assert.deepEqual(await readdir(path.join(cwd, FOLDER)), ['credentials.xml'])
})

test('a file that cannot be written whole is not written at all', { skip: process.platform === 'win32' }, async (t) => {
  const { cwd, call, read } = await rootOf(t)
  await call('mqtt user add bob')
  const file = path.join(cwd, FILE)
  await writeFile(file, (await read()).replace('</file-rbac>', `<!-- ${'x'.repeat(8192)} -->\n</file-rbac>`))
  await chmod(file, 0o640)
  const before = await read()
  // No file may grow beyond 4 KB: what a full disk does, and without root's rights.
  const script = `trap '' XFSZ; ulimit -f 4; exec "$0" dist/kernel/main.js mqtt user add eve --root "$1"`
  const child = spawn('bash', ['-c', script, process.execPath, cwd], { cwd: repository })
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.equal(stderr, `m3saas: ${FILE}: credentials.xml cannot be written: the system refuses it (EFBIG)\n`)
  assert.equal(child.exitCode, 1)
  assert.equal(await read(), before)
  assert.equal((await stat(file)).mode & 0o777, 0o640)
  assert.deepEqual(await readdir(path.join(cwd, FOLDER)), ['credentials.xml'])
})

test('no database is opened or made', async (t) => {
  const database = { host: '127.0.0.1', port: 1, database: 'x', user: 'x', password: 'x' }
  const { cwd, call } = await rootOf(t, { dbSalt: 'x', tenants: { database }, mqtt: { hashIterations: 1 } })
  assert.equal((await call('mqtt user add bob')).status, 0)
  assert.deepEqual((await readdir(cwd)).sort(), ['config.json', 'hive-mq'])
})
