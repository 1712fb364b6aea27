import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parseCredentials } from '../../kernel/mqtt/credentials/parse.js'
import { repository } from '../support/app.js'
import { startMariaDb } from '../support/mariadb.js'
import { type Mosquitto, noMosquitto, startMosquitto } from '../support/mosquitto.js'
import { freePort } from '../support/server-process.js'
import { until } from '../support/until.js'
import { Container, canChange, OTHER_USER } from './container.js'
import { notIgnored, parseDockerfile } from './dockerfile.js'
import { buildImage, type Image } from './image.js'

const source = await readFile(path.join(repository, 'Dockerfile'), 'utf8')

test('every stage begins with one pinned version of Node', () => {
  const stages = parseDockerfile(source)
  assert.ok(stages.length > 1)
  for (const { base } of stages) assert.match(base, /^node:20\.\d+\.\d+-bookworm-slim$/)
  assert.equal(new Set(stages.map(({ base }) => base)).size, 1)
})

test('the builder is given the sources and nothing else', async () => {
  const ignore = await readFile(path.join(repository, '.dockerignore'), 'utf8')
  const secret = [
    'secrets/config.json.secret',
    'secrets/ops_token.secret',
    '.env',
    'config.json',
    'data/catalog.sqlite',
  ]
  const product = ['.git/config', 'node_modules/a/index.js', 'dist/kernel/main.js', 'backups/a.sql.gz', 'tests/run.ts']
  assert.deepEqual(notIgnored(ignore, [...secret, ...product]), [])
  const sources = ['package.json', 'package-lock.json', 'kernel/main.ts', 'plugins/test/v1/test.module.ts']
  assert.deepEqual(notIgnored(ignore, sources), sources)
})

const CREDENTIALS = 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml'
const server = existsSync(path.join(repository, '.git')) ? await startMariaDb() : undefined
after(() => server?.stop())

const missing = !server ? 'no mariadbd is installed, or this is no clone' : noMosquitto

describe('the image, built and run without a container engine', { skip: missing }, () => {
  if (missing || !server) return
  let image: Image
  let container: Container
  let port: number
  let broker: Mosquitto
  let installed = ''
  const listOfInstalled = () => readFile(path.join(repository, 'node_modules/.package-lock.json'), 'utf8')
  before(async () => {
    installed = await listOfInstalled()
    image = await buildImage()
    port = await freePort()
    container = new Container(image, { HOST: '127.0.0.1', PORT: String(port) })
    broker = await startMosquitto({ after })
  })
  after(() => container?.stop())

  const run = (command: readonly string[], env?: Readonly<Record<string, string>>) => {
    const { ended, said } = container.start(command, env)
    return ended.then((status) => ({ status, said: said() }))
  }
  const check = async () => (await run(image.healthcheck)).status

  test('all steps were done but for the packages of Debian', () => {
    assert.deepEqual(image.left, [
      'apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*',
    ])
    assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/)
    assert.deepEqual(image.ports, ['3000'])
    assert.equal(image.stopSignal, 'SIGTERM')
    assert.equal(image.env.HOST, '0.0.0.0')
  })

  test('it holds what the app needs, no secret, and nothing that only building needs', async () => {
    const top = ['backups', 'data', 'dist', 'node_modules', 'package.json', 'plugins', 'secrets', 'seeds']
    assert.deepEqual((await readdir(image.place('.'))).sort(), top)
    assert.deepEqual((await readdir(image.place('dist'))).sort(), ['kernel', 'plugins', 'seeds'])
    assert.ok(existsSync(image.place('node_modules/fastify')) && !existsSync(image.place('node_modules/typescript')))
  })

  test('m3saas init writes the secrets, for the user who calls it', async () => {
    await container.makeProject(server.rootPassword)
    const { status, said } = await run(['m3saas', 'init', '--root', container.project])
    assert.equal(status, 0, said)
    const { uid, gid } = await stat(container.host('secrets/config.json.secret'))
    if (canChange) assert.deepEqual([uid, gid], [OTHER_USER, OTHER_USER])
    assert.match(await readFile(container.host('.env'), 'utf8'), new RegExp(`^M3SAAS_USER=${uid}:${gid}$`, 'm'))
    await container.configure(({ tenants: { database }, mqtt }) => {
      assert.deepEqual([database.host, mqtt.host, database.password], ['database', 'hive-mq', server.rootPassword])
      Object.assign(database, { host: server.host, port: server.port })
      Object.assign(mqtt, { host: broker.host, port: String(broker.port) })
    })
    await container.mount()
  })

  test('it serves as a user without privileges, is healthy then and not before, and ends when it is asked to', async () => {
    assert.equal(await check(), 1)
    // Installed or not, tini is to do no more than pass the signal on.
    const command = [...(existsSync(image.entrypoint[0] ?? '') ? image.entrypoint : []), ...image.command]
    const { child, ended, said } = container.start(command)
    await until(() => child.exitCode !== null || said().includes('M3SaaS serves'), 'the server serves', 60)
    assert.equal(await check(), 0, said())
    const animals = await fetch(`http://127.0.0.1:${port}/1/test/v1/animals`)
    assert.deepEqual([animals.status, await animals.json()], [200, []])
    // What `docker compose exec app m3saas …` does.
    const list = await run(['m3saas', 'tenant', 'list'])
    assert.equal(list.status, 0, list.said)
    assert.match(list.said, /first_tenant/)
    // Its thread may read no more than it needs, of files that belong to another user here.
    const job = await run(['m3saas', 'cron', 'run', '1', 'test@v1', 'count_animals'])
    assert.equal(job.status, 0, job.said)
    child.kill('SIGTERM')
    assert.equal(await ended, 0, said())
    assert.equal(await check(), 1)
    assert.deepEqual(await readdir(image.place('secrets')), ['ops_token.secret'])
  })

  test('a broker user that is added in it stands in the file on the host, which the broker can read', async () => {
    const { status, said } = await run(['m3saas', 'mqtt', 'user', 'add', 'ada'])
    assert.equal(status, 0, said)
    const file = container.host(CREDENTIALS)
    const { users } = parseCredentials(await readFile(file, 'utf8'), 'HASHED')
    assert.deepEqual([...users.keys()], ['m3saas', 'ada'])
    const { mode, uid } = await stat(file)
    assert.equal(mode & 0o777, 0o644)
    if (canChange) assert.equal(uid, OTHER_USER)
    assert.deepEqual((await readdir(path.dirname(file))).sort(), ['credentials.xml', 'extension-config.xml'])
  })

  test('building changed nothing of what is installed here', async () => {
    assert.equal(await listOfInstalled(), installed)
  })
})
