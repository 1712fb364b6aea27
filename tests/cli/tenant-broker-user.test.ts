import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseCredentials } from '../../kernel/mqtt/credentials/parse.js'
import { verifyPassword } from '../../kernel/mqtt/credentials/password.js'
import { makeAppRoot } from '../modules/app-root.js'
import { onEveryEngine } from '../support/app.js'
import { callCommand } from '../support/command.js'
import { seedFiles } from '../support/seeds.js'
import { until } from '../support/until.js'

const FILE = 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml'
const STAYS = (name: string) => `its database ${name} stays, and would be that of a new tenant of this name`

async function rootOf(t: TestContext, mqtt: object = { tenantUsers: true }) {
  const cwd = await makeAppRoot(t, {
    'config.json': JSON.stringify({ dbSalt: 'salt', mqtt: { hashIterations: 1, ...mqtt } }),
    ...seedFiles({ tenants: [{ id: 1, name: 'seeded', user: 'seeded', password: 'p' }] }),
  })
  const call = (line: string) => callCommand(line.split(' '), { cwd })
  const users = async () => parseCredentials(await readFile(path.join(cwd, FILE), 'utf8'), 'HASHED').users
  const tenants = async () =>
    JSON.parse((await call('tenant list --json')).stdout).map(({ name }: { name: string }) => name)
  return { cwd, call, users, tenants, write: (xml: string) => writeFile(path.join(cwd, FILE), xml) }
}

const done = (stdout: string) => ({ status: 0, stdout: `${stdout}\n`, stderr: '' })

test('a tenant gets a broker user with its own password, and loses it again', async (t) => {
  const { call, users, tenants } = await rootOf(t)
  const { status, stdout } = await call('tenant add acme --id 20')
  assert.equal(status, 0)
  const password = /^added tenant 20, acme\nbroker user: acme\npassword: ([\w-]{32})\n$/.exec(stdout)?.[1] ?? ''
  const user = (await users()).get('acme')
  assert.deepEqual(user?.roles, ['scoped-role'])
  assert.equal(await verifyPassword(Buffer.from(password), user?.password ?? '', 'HASHED'), true)

  const json = JSON.parse((await call('tenant add globex --id 21 --json')).stdout)
  assert.deepEqual([json.id, json.mqtt.username, json.mqtt.password.length], [21, 'globex', 32])
  assert.deepEqual(
    await call('tenant remove 20'),
    done(`removed tenant 20, acme: ${STAYS('acme')}\nremoved the broker user acme`),
  )
  assert.deepEqual([...(await users()).keys()], ['globex'])
  assert.deepEqual(await tenants(), ['seeded', 'globex'])

  const before = (await users()).get('globex')?.password
  const last = JSON.parse((await call('tenant remove 21 --json')).stdout)
  assert.deepEqual([last.name, last.database, last.mqtt.username], ['globex', 'globex', 'globex'])
  assert.match(last.mqtt.kept, /^it is the last one, and HiveMQ refuses/)
  assert.notEqual((await users()).get('globex')?.password, before)
})

test('without mqtt.tenantUsers there is none, and a user of the name is told of', async (t) => {
  const { call, users } = await rootOf(t, {})
  assert.deepEqual(await call('tenant add acme --id 20'), done('added tenant 20, acme'))
  await call('mqtt user add acme')
  const kept = 'the broker user acme is kept: mqtt.tenantUsers is false; m3saas mqtt user remove acme removes it'
  assert.deepEqual(await call('tenant remove 20'), done(`removed tenant 20, acme: ${STAYS('acme')}\n${kept}`))
  assert.deepEqual([...(await users()).keys()], ['acme'])
})

test('a user of the name that has other roles is nobody’s to take or to remove', async (t) => {
  const { call, users } = await rootOf(t)
  await call('mqtt user add m3saas --role server-role')
  const before = (await users()).get('m3saas')
  const there = 'it was there already; m3saas mqtt user passwd m3saas gives it another password'
  assert.deepEqual(
    await call('tenant add m3saas --id 20'),
    done(`added tenant 20, m3saas\nthe broker user m3saas is kept: ${there}`),
  )
  const kept = 'it has roles besides scoped-role; m3saas mqtt user remove m3saas removes it'
  assert.deepEqual(
    await call('tenant remove 20'),
    done(`removed tenant 20, m3saas: ${STAYS('m3saas')}\nthe broker user m3saas is kept: ${kept}`),
  )
  assert.deepEqual((await users()).get('m3saas'), before)
})

test('the catalog counts: a file that cannot be used fails the command, which has added the tenant', async (t) => {
  const { call, tenants, write, cwd } = await rootOf(t)
  await call('tenant add acme --id 20')
  await write('<file-rbac>')
  const reason = `${FILE}: The file is not the XML that is expected; line 1: ends before an element is closed`
  assert.deepEqual(await call('tenant add globex --id 21'), {
    status: 1,
    stdout: 'added tenant 21, globex\n',
    stderr: `m3saas: ${reason}. To do so: m3saas mqtt user add globex\n`,
  })
  assert.deepEqual(await call('tenant remove 20'), {
    status: 1,
    stdout: `removed tenant 20, acme: ${STAYS('acme')}\n`,
    stderr: `m3saas: ${reason}. To do so: m3saas mqtt user remove acme\n`,
  })
  const { status, stdout, stderr } = await call('tenant add initech --id 22 --json')
  assert.equal(status, 1)
  assert.equal(JSON.parse(stdout).mqtt.error.code, 'CREDENTIALS_INVALID')
  assert.equal(JSON.parse(stderr).code, 'CREDENTIALS_INVALID')
  assert.deepEqual(await tenants(), ['seeded', 'globex', 'initech'])

  await rm(path.join(cwd, FILE))
  assert.deepEqual(await call('tenant remove 21'), done(`removed tenant 21, globex: ${STAYS('globex')}`))
})

test('a tenant that is refused gets no user', async (t) => {
  const { call, users } = await rootOf(t, { tenantUsers: true, sharedTopics: ['news/#'] })
  await call('tenant add acme --id 20')
  for (const line of ['tenant add news', 'tenant add acme', 'tenant remove 1', 'tenant remove 77']) {
    const { status, stdout } = await call(line)
    assert.deepEqual([line, status, stdout], [line, 1, ''])
  }
  const seeded = (await call('tenant remove 1')).stderr
  assert.match(seeded, / {2}- seeds\/tenants\.seed\.mjs: has the tenant 1 as a main seed, which would bring it back/)
  assert.deepEqual([...(await users()).keys()], ['acme'])
})

await onEveryEngine('a server', (start) => {
  test('it lets go of a removed tenant within seconds, and keeps its database', async (t) => {
    const app = await start()
    t.after(() => app.close())
    const { catalogChanges } = app.kernel
    const name = `gone_${app.root.replace(/\W/g, '').slice(-8)}`
    const id = await catalogChanges.add({ name, user: name })
    await catalogChanges.subscribe(id, { name: 'test', version: 1 })
    const statusOf = async () => (await fetch(`${app.url}/${id}/test/v1/animals`)).status
    assert.equal(await statusOf(), 200)
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'Otter' })
    await fetch(`${app.url}/${id}/test/v1/animals`, { method: 'POST', headers, body })
    assert.equal((await catalogChanges.remove(id)).name, name)
    await until(async () => (await statusOf()) === 404, 'the tenant is not served', 10)
    assert.equal(app.kernel.registry.live(id), undefined)
    // Added again, it is given what it had, under an id of its own.
    const again = await catalogChanges.add({ name, user: name })
    await catalogChanges.subscribe(again, { name: 'test', version: 1 })
    const animals = await fetch(`${app.url}/${again}/test/v1/animals`)
    assert.deepEqual([again, await animals.json()], [id + 1, [{ id: 1, name: 'Otter' }]])
  })
})
