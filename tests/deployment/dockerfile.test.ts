import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databaseOn, repository } from '../support/app.js'
import { startMariaDb } from '../support/mariadb.js'
import { until } from '../support/until.js'
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

/** Neither root nor whoever built it: any user that owns the secrets must do. */
const OTHER_USER = 12_345
const PROGRAM = 'setpriv'
const asOther = [PROGRAM, `--reuid=${OTHER_USER}`, `--regid=${OTHER_USER}`, '--clear-groups', '--no-new-privs']
const [changer = '', ...changing] = [...asOther, '--bounding-set=-all', '--inh-caps=-all', '--']
const canChange =
  process.getuid?.() === 0 && spawnSync(changer, [...changing, process.execPath, '--version']).status === 0

const server = existsSync(path.join(repository, '.git')) ? await startMariaDb() : undefined
after(() => server?.stop())

describe('the image, built and run without a container engine', {
  skip: server ? false : 'no mariadbd is installed, or this is no clone',
}, () => {
  if (!server) return
  let image: Image
  let env: Record<string, string> = {}
  const running: ChildProcess[] = []
  before(async () => {
    image = await buildImage()
    env = { ...image.env, HOST: '127.0.0.1', PORT: String(await freePort()), CONFIG_FILE: await putSecrets(image) }
  })
  after(async () => {
    for (const child of running) child.kill('SIGKILL')
    await image?.remove()
  })

  /** The secrets as Docker Compose mounts them: with the mode and the owner that they have on the host. */
  async function putSecrets({ folder, place }: Image): Promise<string> {
    const config = { dbSalt: 'salt of the tests', tenants: { database: databaseOn(server as never) } }
    const file = path.join(folder, 'run/secrets/m3saas_config')
    const token = place.call(image, '/app/secrets/ops_token.secret')
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify(config), { mode: 0o600 })
    await writeFile(token, `${'t'.repeat(43)}\n`, { mode: 0o600 })
    if (canChange) {
      await chmod(path.dirname(folder), 0o755)
      for (const secret of [file, token]) await chown(secret, OTHER_USER, OTHER_USER)
    }
    return file
  }

  function start(command: readonly string[]) {
    const [program = '', ...args] = canChange ? [changer, ...changing, ...command] : command
    const child = spawn(program, args, { cwd: image.place('.'), env })
    running.push(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text
      })
    return { child, ended: once(child, 'close').then(([status]) => status as number | null), said: () => said }
  }
  const check = () => start(image.healthcheck).ended

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

  test('it serves as a user without privileges, is healthy then and not before, and ends when it is asked to', async () => {
    assert.equal(await check(), 1)
    // Installed or not, tini is to do no more than pass the signal on.
    const command = [...(existsSync(image.entrypoint[0] ?? '') ? image.entrypoint : []), ...image.command]
    const { child, ended, said } = start(command)
    await until(() => child.exitCode !== null || said().includes('M3SaaS serves'), 'the server serves', 60)
    assert.equal(await check(), 0, said())
    const animals = await fetch(`http://127.0.0.1:${env.PORT}/1/test/v1/animals`)
    assert.deepEqual([animals.status, await animals.json()], [200, []])
    // What `docker compose exec app m3saas …` does.
    const list = start(['m3saas', 'tenant', 'list'])
    assert.equal(await list.ended, 0, list.said())
    assert.match(list.said(), /first_tenant/)
    // Its thread may read no more than it needs, of files that belong to another user here.
    const job = start(['m3saas', 'cron', 'run', '1', 'test@v1', 'count_animals'])
    assert.equal(await job.ended, 0, job.said())
    child.kill('SIGTERM')
    assert.equal(await ended, 0, said())
    assert.equal(await check(), 1)
    assert.deepEqual(await readdir(image.place('secrets')), ['ops_token.secret'])
  })
})

async function freePort(): Promise<number> {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as { port: number }
  await new Promise((resolve) => taken.close(resolve))
  return port
}
