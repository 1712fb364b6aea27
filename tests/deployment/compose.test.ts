import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { parse } from 'yaml'
import { parseConfig } from '../../kernel/config/load-config.js'
import { repository } from '../support/app.js'
import { argumentsOf, optionsOf, parseDockerfile } from './dockerfile.js'

interface Mount {
  readonly type: string
  readonly source: string
  readonly target: string
  readonly read_only?: boolean
}

interface Service {
  readonly image?: string
  readonly build?: string
  readonly user?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly (string | Mount)[]
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases: readonly string[] }>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly restart?: string
  readonly security_opt?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly read_only?: boolean
  readonly privileged?: boolean
}

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8')
const source = read('docker-compose.yml')
const compose: {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
} = parse(source)
const { services, secrets } = compose
/** The names of a service’s networks, in either of their forms. */
const networksOf = (name: string) => {
  const { networks = [] } = service(name)
  return Array.isArray(networks) ? networks : Object.keys(networks)
}
const service = (name: string) => services[name] ?? assert.fail(`there is no service ${name}`)

test('docker-compose.yml is valid by the Compose Specification', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  const validate = ajv.compile(JSON.parse(read('tests/fixtures/compose-spec/compose-spec.json')))
  assert.equal(validate(compose), true, JSON.stringify(validate.errors, null, 2))
  // The schema can say no.
  assert.equal(validate({ services: { app: { image: 1, depend_on: [] } } }), false)
})

test('there are the services of the original, each pinned or built here, and each comes back after a failure', () => {
  assert.deepEqual(Object.keys(services).sort(), ['adminer', 'app', 'database', 'hive-mq'])
  for (const [name, { image, build, restart, security_opt, cap_drop, privileged }] of Object.entries(services)) {
    if (build === undefined) assert.match(image ?? '', /^[a-z]+:\d+\.\d+\.\d+$/, name)
    assert.equal(restart, 'unless-stopped', name)
    assert.deepEqual(security_opt, ['no-new-privileges:true'], name)
    assert.deepEqual(cap_drop, ['ALL'], name)
    assert.equal(privileged, undefined, name)
  }
  assert.match(service('database').image ?? '', /^mysql:8\./)
  assert.ok(existsSync(path.join(repository, service('app').build ?? '', 'Dockerfile')))
})

test('the ports are those of the original; what reads databases is for this machine alone', () => {
  const ports = Object.entries(services).map(([name, { ports = [] }]) => [name, ports])
  assert.deepEqual(Object.fromEntries(ports), {
    database: [],
    app: [`\${M3SAAS_PORT:-80}:3000`],
    adminer: ['127.0.0.1:8080:8080'],
    'hive-mq': ['1883:1883', '8000:8000'],
  })
  const reaching = Object.keys(services).filter((name) => networksOf(name).includes('data'))
  assert.deepEqual(reaching, ['database', 'app', 'adminer'])
  assert.equal(compose.networks.data?.internal, true)
})

test('configurations reach the services by their names, those of the original too', () => {
  const { tenants, mqtt } = JSON.parse(read('secrets/config.json.secret.example'))
  for (const { host } of [tenants.database, mqtt]) assert.ok(host in services, host)
  assert.deepEqual(service('database').networks, { data: { aliases: ['db'] } })
  const sharing = (one: string, other: string) => networksOf(one).some((network) => networksOf(other).includes(network))
  for (const name of ['database', 'hive-mq']) assert.ok(sharing('app', name), name)
  assert.equal(sharing('hive-mq', 'database'), false)
})

test('the app waits until the database takes logins, and not for the broker', () => {
  assert.deepEqual(service('app').depends_on, {
    database: { condition: 'service_healthy' },
    'hive-mq': { condition: 'service_started' },
  })
  const [kind, command = ''] = service('database').healthcheck?.test ?? []
  assert.equal(kind, 'CMD-SHELL')
  // By TCP, since the server that initializes has none; with the password, which is in no argument.
  assert.match(command, /--protocol=TCP --host=127\.0\.0\.1 /)
  assert.match(command, /^MYSQL_PWD="\$\$\(cat \/run\/secrets\/db_root_password\)" mysql [^$]*$/)
  assert.ok(service('hive-mq').healthcheck)
  const [last] = parseDockerfile(read('Dockerfile')).slice(-1)
  const health = last?.instructions.find(({ name }) => name === 'HEALTHCHECK')?.text ?? ''
  assert.equal(argumentsOf(optionsOf(health).rest.replace(/^CMD /, ''))[0], 'node')
})

test('every secret is a file that m3saas init writes, and is used; none stands in docker-compose.yml', () => {
  const files = ['config.json.secret', 'db_root_password.secret', 'ops_token.secret'].map((name) => `./secrets/${name}`)
  assert.deepEqual(
    Object.values(secrets)
      .map(({ file }) => file)
      .sort(),
    files,
  )
  const init = read('kernel/cli/init/init.ts')
  for (const file of files) assert.ok(init.includes(`'${file.slice(2)}'`), file)
  const used = Object.values(services).flatMap(({ secrets: own = [] }) =>
    own.map((secret) => (typeof secret === 'string' ? secret : secret.source)),
  )
  assert.deepEqual(used.sort(), Object.keys(secrets).sort())
  for (const [name, { environment = {} }] of Object.entries(services)) {
    for (const [key, value] of Object.entries(environment))
      if (/PASSWORD|TOKEN|CONFIG/.test(key)) assert.match(value, /^\/run\/secrets\/\w+$/, `${name}: ${key}`)
  }
})

test('the app runs as the owner of the secrets, without privileges, and writes to volumes alone', () => {
  const { user, read_only, environment, volumes = [] } = service('app')
  assert.equal(user, `\${M3SAAS_USER:-1000:1000}`)
  assert.equal(read_only, true)
  assert.equal(environment?.CONFIG_FILE, '/run/secrets/m3saas_config')
  const named = volumes.filter((volume) => typeof volume === 'string').map((volume) => volume.split(':'))
  assert.deepEqual(named, [
    ['backups', '/app/backups'],
    ['data', '/app/data'],
  ])
  for (const [name = ''] of named) assert.ok(name in compose.volumes, name)
})

test('the app and the broker share the folder of broker users, where the app looks for it', () => {
  const mountOf = (name: string) =>
    service(name).volumes?.find((volume): volume is Mount => typeof volume !== 'string') ?? assert.fail(name)
  const [app, broker] = [mountOf('app'), mountOf('hive-mq')]
  const { credentials } = parseConfig({}, {}, 'none').mqtt
  assert.equal(app.source, `./${path.posix.dirname(credentials)}`)
  assert.equal(app.target, `/app/${path.posix.dirname(credentials)}`)
  assert.equal(app.read_only, undefined)
  assert.equal(broker.source, app.source)
  assert.equal(broker.read_only, true)
})

test('the image of the broker reads the users from where they are mounted', () => {
  const mount = service('hive-mq').volumes?.find((volume): volume is Mount => typeof volume !== 'string')
  const { dir, base } = path.posix.parse(mount?.target ?? '')
  assert.match(read('hive-mq/Dockerfile'), new RegExp(`^COPY .* ${dir}$`, 'm'))
  // The jar beside it is the image's own: the extension's files are links into the folder that is mounted.
  const links = [...read('hive-mq/extension/build.sh').matchAll(/^ln -s (\S+) "\$target\/(\S+)"$/gm)]
  assert.deepEqual(
    links.map(([, to, from]) => [from, to]),
    ['extension-config.xml', 'credentials.xml'].map((file) => [file, `${base}/${file}`]),
  )
})
