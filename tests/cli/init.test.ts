import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseConfig } from '../../kernel/config/load-config.js'
import { parseCredentials } from '../../kernel/mqtt/credentials/parse.js'
import { verifyPassword } from '../../kernel/mqtt/credentials/password.js'
import { repository } from '../support/app.js'
import { callCommand } from '../support/command.js'

const CREDENTIALS = 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml'
const PASSWORD = 'secrets/db_root_password.secret'
const CONFIG = 'secrets/config.json.secret'
const TOKEN = 'secrets/ops_token.secret'
const FILES = [PASSWORD, CONFIG, TOKEN, CREDENTIALS]

async function rootOf(t: TestContext, files: Readonly<Record<string, string>> = {}) {
  const cwd = await mkdtemp(path.join(os.tmpdir(), 'm3saas-init-'))
  t.after(() => rm(cwd, { recursive: true, force: true }))
  const write = async (file: string, content: string) => {
    await mkdir(path.dirname(path.join(cwd, file)), { recursive: true })
    await writeFile(path.join(cwd, file), content)
  }
  for (const [file, content] of Object.entries(files)) await write(file, content)
  const read = (file: string) => readFile(path.join(cwd, file), 'utf8')
  const init = async () => {
    const { status, stdout, stderr } = await callCommand(['init', '--json'], { cwd })
    const outcomes: { file: string; state: string; note?: string }[] = JSON.parse(stdout)
    const states = Object.fromEntries(outcomes.map(({ file, state }) => [file, state]))
    return { status, states, notes: outcomes.map(({ note }) => note), stderr }
  }
  const all = async () => Promise.all(FILES.map(read))
  const config = async () => JSON.parse(await read(CONFIG))
  const users = async () => parseCredentials(await read(CREDENTIALS), 'HASHED').users
  return { cwd, read, write, init, all, config, users }
}

/** Whether the server could sign in to the broker. */
async function signsIn({ config, users }: Awaited<ReturnType<typeof rootOf>>): Promise<boolean> {
  const { username, password } = (await config()).mqtt
  const user = (await users()).get(username)
  return user?.roles[0] === 'server-role' && verifyPassword(Buffer.from(password), user.password, 'HASHED')
}

test('all that is missing is written, and a second time changes nothing', async (t) => {
  const root = await rootOf(t)
  const { stdout, ...rest } = await callCommand(['init'], { cwd: root.cwd })
  assert.deepEqual(rest, { status: 0, stderr: '' })
  assert.equal(stdout, `${FILES.map((file) => `written  ${file}`).join('\n')} (broker user m3saas)\n`)
  const first = await root.all()
  const { status, states } = await root.init()
  assert.deepEqual([status, Object.entries(states)], [0, FILES.map((file) => [file, 'kept'])])
  assert.deepEqual(await root.all(), first)

  const [password = '', text = '', token = ''] = first
  const config = parseConfig(JSON.parse(text), {}, CONFIG)
  assert.match(password, /^[\w-]{32}\n$/)
  assert.match(token, /^[\w-]{43}\n$/)
  assert.equal(config.tenants.database?.password, password.trim())
  assert.ok(config.dbSalt.length >= 40)
  assert.deepEqual(
    [config.mqtt.broker?.host, config.mqtt.broker?.port, config.mqtt.broker?.username],
    ['hive-mq', 1883, 'm3saas'],
  )
  assert.equal(await signsIn(root), true)
  for (const file of FILES.slice(0, 3)) assert.equal((await stat(path.join(root.cwd, file))).mode & 0o777, 0o600, file)
  assert.deepEqual((await readdir(path.join(root.cwd, 'secrets'))).length, 3)
})

test('two projects have nothing in common', async (t) => {
  const [one, other] = [await rootOf(t), await rootOf(t)]
  await Promise.all([one.init(), other.init()])
  const secretsOf = async ({ config, read }: typeof one) => {
    const { dbSalt, tenants, mqtt } = await config()
    return [dbSalt, tenants.database.password, mqtt.password, await read(TOKEN)]
  }
  assert.equal(new Set([...(await secretsOf(one)), ...(await secretsOf(other))]).size, 8)
})

test('the configuration has the shape of the example', async (t) => {
  const root = await rootOf(t)
  await root.init()
  const example = JSON.parse(await readFile(path.join(repository, CONFIG.concat('.example')), 'utf8'))
  const shapeOf = (value: unknown, at = ''): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => shapeOf(inner, `${at}.${key}`))
      : [`${at}: ${typeof value}`]
  const known = shapeOf(example)
  assert.deepEqual(
    shapeOf(await root.config()).filter((place) => !known.includes(place)),
    [],
  )
})

test('a password that is there is taken over by the configuration, and the other way round', async (t) => {
  const one = await rootOf(t, { [PASSWORD]: 'the old one\n' })
  assert.deepEqual((await one.init()).states, {
    [PASSWORD]: 'kept',
    [CONFIG]: 'written',
    [TOKEN]: 'written',
    [CREDENTIALS]: 'written',
  })
  assert.equal((await one.config()).tenants.database.password, 'the old one')
  assert.equal(await one.read(PASSWORD), 'the old one\n')

  const database = { host: 'database', database: 'm3saas', user: 'root', password: 'of the config' }
  const given = JSON.stringify({ dbSalt: 'x', tenants: { database }, ops: { token: 'the token of the config' } })
  const other = await rootOf(t, { [CONFIG]: given })
  assert.deepEqual((await other.init()).states, { [PASSWORD]: 'written', [CONFIG]: 'kept', [TOKEN]: 'written' })
  assert.equal(await other.read(PASSWORD), 'of the config\n')
  assert.equal(await other.read(TOKEN), 'the token of the config\n')
  assert.equal(await other.read(CONFIG), given)
})

test('a broker user that is there keeps its password: a new configuration gets another one', async (t) => {
  const root = await rootOf(t)
  await root.init()
  const before = (await root.users()).get('m3saas')
  await rm(path.join(root.cwd, CONFIG))
  assert.equal((await root.init()).states[CREDENTIALS], 'written')
  assert.deepEqual((await root.users()).get('m3saas'), before)
  assert.equal((await root.config()).mqtt.username, 'm3saas-2')
  assert.equal(await signsIn(root), true)
})

test('HiveMQ can read the file of broker users, be it one that the embedded broker had', async (t) => {
  const root = await rootOf(t)
  const add = () => callCommand(['mqtt', 'user', 'add', 'ada', '--password-stdin'], { cwd: root.cwd, stdin: 'of ada' })
  assert.equal((await add()).status, 0)
  const file = path.join(root.cwd, CREDENTIALS)
  const mode = async () => (await stat(file)).mode & 0o777
  assert.equal(await mode(), 0o600)
  assert.equal((await root.init()).notes.at(-1), 'broker user m3saas; HiveMQ can read it now')
  assert.equal(await mode(), 0o644)
  assert.deepEqual([...(await root.users()).keys()], ['ada', 'm3saas'])
  assert.equal((await root.init()).notes.at(-1), undefined)

  // As a strict umask has cloned the project.
  await chmod(path.dirname(file), 0o700)
  assert.equal((await root.init()).notes.at(-1), 'HiveMQ can read it now')
  assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o755)
  assert.equal((await root.init()).notes.at(-1), undefined)

  await chmod(file, 0o600)
  const plain = '<extension-configuration><password-type>PLAIN</password-type></extension-configuration>'
  await root.write(path.join(path.dirname(CREDENTIALS), 'extension-config.xml'), plain)
  const { states, notes } = await root.init()
  assert.equal(states[CREDENTIALS], 'kept')
  assert.equal(notes.at(-1), 'HiveMQ cannot read it: its mode is for its owner alone')
  assert.equal(await mode(), 0o600)
})

test('broken off before the broker user, it is made up for from the configuration', async (t) => {
  const root = await rootOf(t)
  await root.init()
  await rm(path.join(root.cwd, 'hive-mq'), { recursive: true })
  assert.deepEqual((await root.init()).states, {
    [PASSWORD]: 'kept',
    [CONFIG]: 'kept',
    [TOKEN]: 'kept',
    [CREDENTIALS]: 'written',
  })
  assert.equal(await signsIn(root), true)
})

test('what cannot be done is told, and the rest done', async (t) => {
  const root = await rootOf(t, { [CONFIG]: '{"dbSalt": ' })
  const { status, states, stderr } = await root.init()
  assert.deepEqual([status, states], [1, { [PASSWORD]: 'failed', [CONFIG]: 'failed', [TOKEN]: 'written' }])
  assert.deepEqual(JSON.parse(stderr).faults, [
    { path: PASSWORD, message: `it must be the password in ${CONFIG}, which cannot be read` },
    { path: CONFIG, message: 'it is not JSON' },
  ])
  assert.equal(await root.read(CONFIG), '{"dbSalt": ')

  const empty = await rootOf(t, { [PASSWORD]: '\n' })
  assert.deepEqual((await empty.init()).states, { [PASSWORD]: 'failed', [CONFIG]: 'failed', [TOKEN]: 'written' })

  const blocked = await rootOf(t, { secrets: 'a file' })
  const outcome = await blocked.init()
  assert.deepEqual([outcome.status, Object.values(outcome.states)], [1, ['failed', 'failed', 'failed']])
  assert.match(outcome.notes[0] ?? '', /^it cannot be read or written \((?:EEXIST|ENOTDIR)\)$/)
})

test('a broken file of broker users is left, and no configuration written that nobody could sign in with', async (t) => {
  const root = await rootOf(t, { [CREDENTIALS]: '<file-rbac>' })
  const { status, states, notes } = await root.init()
  assert.deepEqual([status, states], [1, { [PASSWORD]: 'written', [CONFIG]: 'failed', [TOKEN]: 'written' }])
  assert.match(notes[1] ?? '', /credentials\.xml: The file is not the XML that is expected; line 1 ends before/)
  assert.equal(await root.read(CREDENTIALS), '<file-rbac>')
})

test('a folder that is not there is no app root', async (t) => {
  const { cwd } = await rootOf(t)
  const { status, stderr } = await callCommand(['init', '--root', path.join(cwd, 'nowhere')], { cwd })
  assert.equal(status, 1)
  assert.match(stderr, /nowhere is no folder/)
})

test('beside a docker-compose.yml, .env names the owner of the secrets, and one that is there is left alone', async (t) => {
  const root = await rootOf(t, { 'docker-compose.yml': '' })
  assert.equal((await root.init()).states['.env'], 'written')
  const { uid, gid } = await stat(path.join(root.cwd, CONFIG))
  const line = `M3SAAS_USER=${uid}:${gid}`
  assert.match(await root.read('.env'), new RegExp(`^${line}$`, 'm'))
  assert.equal((await root.init()).states['.env'], 'kept')

  const own = await rootOf(t, { 'docker-compose.yml': '', '.env': 'COLOUR=blue\n' })
  const { states, notes } = await own.init()
  assert.equal(states['.env'], 'kept')
  assert.equal(notes.at(-1), line === 'M3SAAS_USER=1000:1000' ? undefined : `add ${line} to it`)
  assert.equal(await own.read('.env'), 'COLOUR=blue\n')
})
