import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { loadConfig, parseConfig } from '../kernel/config/load-config.js'
import { M3Error } from '../kernel/errors.js'
import { faultsOf } from './support/faults.js'
import { MQTT_DEFAULTS } from './support/mqtt-config.js'

/** Every key of the original's example, filled in. */
const original = {
  sub_directory: 'api/v1',
  dbSalt: 'salt',
  tenants: {
    database: { host: 'database', database: 'm3saas', user: 'root', password: 'pass' },
    settings: { engine: 'InnoDB', collation: 'utf8_general_ci' },
    customLengths: { id: 11, email: 255, password: 40, phone: 20, ip: 45, link: 511 },
    backup: { perDay: -1, max: 10 },
  },
  mqtt: { host: 'broker', port: '1883', username: 'app', password: 'passs' },
}

let root: string
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'm3saas-config-'))
})
after(() => rm(root, { recursive: true }))

test('which broker there is: of others, the embedded one, or none', () => {
  const database = { host: 'h', user: 'u', password: '', database: 'd' }
  const brokerOf = (given: object) => {
    const { broker, embedded } = parseConfig(given, {}, 'c.json').mqtt
    return broker ? broker.host : embedded
  }
  assert.equal(brokerOf({}), true)
  assert.equal(brokerOf({ mqtt: { embedded: false } }), false)
  assert.equal(brokerOf({ mqtt: { host: 'a' } }), 'a')
  assert.equal(brokerOf({ tenants: { database } }), false)
  assert.equal(brokerOf({ tenants: { database }, mqtt: { sharedTopics: ['a'] } }), false)
  assert.equal(brokerOf({ tenants: { database }, mqtt: { embedded: true } }), true)
  assert.equal(brokerOf({ tenants: { database }, mqtt: { host: 'a', embedded: false } }), 'a')
})

async function failureOf(environment: Record<string, string>): Promise<M3Error> {
  const error = await loadConfig(root, environment).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof M3Error, String(error))
  assert.equal(error.code, 'CONFIG_INVALID')
  return error
}

test('a config file of the original loads unchanged, its port a number', async () => {
  await writeFile(path.join(root, 'original.json'), JSON.stringify(original, null, 4))
  const config = await loadConfig(root, { CONFIG_FILE: 'original.json' })
  const { sub_directory, dbSalt, tenants, mqtt } = config
  assert.deepEqual(
    { sub_directory, dbSalt, tenants, mqtt },
    {
      ...original,
      tenants: { ...original.tenants, database: { ...original.tenants.database, port: 3306, waitSeconds: 60 } },
      mqtt: { ...MQTT_DEFAULTS, embedded: false, broker: { ...original.mqtt, port: 1883, tls: false } },
    },
  )
})

test('without a file the embedded defaults hold: no database server, an embedded broker', async () => {
  const config = await loadConfig(root, {})
  assert.equal(config.tenants.database, undefined)
  assert.deepEqual(config.mqtt, { ...MQTT_DEFAULTS, embedded: true })
  assert.deepEqual([config.http.host, config.http.port, config.http.cors], ['127.0.0.1', 3000, undefined])
  assert.deepEqual([config.timeZone, config.autoMigration, config.alwaysForceMainSeeds], ['UTC', true, false])
  assert.deepEqual(config.cron, {
    enabled: true,
    at: '07:30',
    parallel: 4,
    timeoutSeconds: 900,
    memoryMegabytes: 256,
    keepDays: 90,
  })
})

test('config.json of the app root is read where CONFIG_FILE names none, a byte order mark passed over', async () => {
  const own = path.join(root, 'own')
  await mkdir(own)
  await writeFile(path.join(own, 'config.json'), '\uFEFF{"dbSalt":"here"}')
  assert.equal((await loadConfig(own, {})).dbSalt, 'here')
})

test('a file that is missing or cannot be read is named, with the reason', async () => {
  const missing = await failureOf({ CONFIG_FILE: 'nowhere.json' })
  assert.equal(missing.message, `The configuration file ${root}/nowhere.json is not usable: there is no such file`)
  const folder = await failureOf({ CONFIG_FILE: '.' })
  assert.equal(folder.message, `The configuration file ${root} is not usable: it cannot be read (EISDIR)`)
})

const broken: Record<string, [string, string]> = {
  'an unexpected token': ['{\n  "password": "hunter2",\n  "b": hunter2 }', 'line 3, column 8'],
  'a short text': ['x', 'line 1, column 1'],
  'an end too soon': ['{\n"password": "hunter2"', 'line 2, column 22'],
  'a string without end': ['{"password": "hunter2', 'line 1, column 22'],
  'a comma too many': ['{"password": "hunter2",}', 'line 1, column 24'],
  'something behind the end': ['{"password": "hunter2"} hunter2', 'line 1, column 25'],
  nothing: ['', 'line 1, column 1'],
}
for (const [name, [source, place]] of Object.entries(broken)) {
  test(`JSON broken by ${name}: the place is named, nothing of the text is`, async () => {
    const file = path.join(root, 'broken.json')
    await writeFile(file, source)
    const { message, cause } = await failureOf({ CONFIG_FILE: file })
    assert.equal(message, `The configuration file ${file} is not JSON: ${place}`)
    assert.equal(cause, undefined)
  })
}

const refused: Record<string, [unknown, string[]]> = {
  'a list': [[], ['$: must be an object']],
  null: [null, ['$: must be an object']],
  'a misspelt key': [{ dbsalt: 'x' }, ['$.dbsalt: is not a known key; did you mean dbSalt?']],
  'an unknown key further down': [
    { tenants: { customLengths: { fone: 20 } } },
    ['$.tenants.customLengths.fone: is not a known key; did you mean phone?'],
  ],
  'a key like no other': [
    { mqtt: { host: 'a', certificate: 'x' } },
    [
      '$.mqtt.certificate: is not a known key; known are host, port, username, password, tls, embedded, listen, credentials, hashIterations, tenantUsers, sharedTopics, queue, payloadLimit',
    ],
  ],
  'a key that is no key': [JSON.parse('{"__proto__": {}}'), ['$.__proto__: is not a known key; known are ']],
  'wrong types, all of them': [
    {
      dbSalt: 1,
      http: { port: '80', cors: { origins: [1] } },
      autoMigration: 'yes',
      ops: null,
      tenants: { backup: { max: 1.5 } },
    },
    [
      '$.dbSalt: must be a string',
      '$.tenants.backup.max: must be an integer',
      '$.http.port: must be an integer',
      '$.http.cors.origins[0]: must be a string',
      '$.autoMigration: must be a boolean',
      '$.ops: must be an object',
    ],
  ],
  'what is missing': [
    { tenants: { database: { host: '' } }, mqtt: { username: 'app' }, http: { cors: {} } },
    [
      '$.tenants.database.database: is missing',
      '$.tenants.database.user: is missing',
      '$.tenants.database.password: is missing',
      '$.tenants.database.host: must not be empty',
      '$.http.cors.origins: is missing',
      '$.mqtt.host: is missing: username belongs to it',
    ],
  ],
  'names that are none': [
    {
      sub_directory: '/a b/',
      tenants: {
        database: { host: 'h', user: 'u', password: '', database: 'a-b' },
        settings: { engine: 'MyISAM', collation: 'x;' },
      },
      timeZone: 'Mars/Phobos',
    },
    [
      '$.sub_directory: must be a path of letters, digits and . _ ~ -, such as api/v1',
      '$.tenants.database.database: must be a letter, then letters, digits or _, at most 64',
      '$.tenants.settings.engine: must be one of InnoDB',
      '$.tenants.settings.collation: must be the name of a collation, such as utf8mb4_unicode_ci',
      '$.timeZone: is no IANA time zone, such as Europe/Berlin',
    ],
  ],
  'a zone without a name': [{ timeZone: '+01:00' }, ['$.timeZone: is no IANA time zone, such as Europe/Berlin']],
  'cron jobs that cannot be run so': [
    { cron: { enabled: 'no', at: '7:30', parallel: 65, timeoutSeconds: 0, memoryMegabytes: 15, keepDays: 0.5 } },
    [
      '$.cron.enabled: must be a boolean',
      '$.cron.at: must be a time of day such as 07:30',
      '$.cron.parallel: must be <= 64',
      '$.cron.timeoutSeconds: must be > 0',
      '$.cron.memoryMegabytes: must be >= 16',
      '$.cron.keepDays: must be an integer',
    ],
  ],
  'ports that are none': [
    { mqtt: { host: 'a', port: '65536' }, http: { port: 65_536 } },
    ['$.mqtt.port: must be a port: a number or a string of digits, 1 to 65535', '$.http.port: must be <= 65535'],
  ],
  'two brokers': [
    { mqtt: { host: 'a', embedded: true } },
    ['$.mqtt.embedded: must not be true beside host: there is one broker'],
  ],
  'the port of a broker that is not named': [
    { mqtt: { port: 1884 } },
    ['$.mqtt.host: is missing: port belongs to it; the port of the embedded broker is listen.port'],
  ],
  'shared topics that are none, or would hold those of tenants': [
    { mqtt: { sharedTopics: ['news/#', '#', '+/a', 'a/#/b', 'a/b+', '/a', '$SYS/#', 'a\0', '', 'a/+/b'] } },
    [
      '$.mqtt.sharedTopics[8]: must not be empty',
      '$.mqtt.sharedTopics[1]: must begin with a word: its first level would match the topics of tenants',
      '$.mqtt.sharedTopics[2]: must begin with a word: its first level would match the topics of tenants',
      '$.mqtt.sharedTopics[3]: is no MQTT topic filter: # and + stand alone between slashes, # at the end',
      '$.mqtt.sharedTopics[4]: is no MQTT topic filter: # and + stand alone between slashes, # at the end',
      '$.mqtt.sharedTopics[5]: must begin with a word: its first level would match the topics of tenants',
      '$.mqtt.sharedTopics[6]: must not begin with $: such topics are the broker’s',
      '$.mqtt.sharedTopics[7]: is no MQTT topic filter',
    ],
  ],
  'a token that is guessed': [{ ops: { token: 'short' } }, ['$.ops.token: must have at least 16 characters']],
}
for (const [name, [given, expected]] of Object.entries(refused)) {
  test(`a configuration with ${name} is refused with every fault and its path`, () => {
    const faults = faultsOf('CONFIG_INVALID', () => parseConfig(given, {}, 'c.json'))
    if (name === 'a key that is no key') assert.ok(faults[0]?.startsWith(expected[0] ?? '?'))
    else assert.deepEqual(faults, expected)
  })
}

test('the message names the file and every fault, and repeats no value', () => {
  const act = () => parseConfig({ dbSalt: 4711, tenants: { settings: { engine: 'hunter2' } } }, {}, '/etc/c.json')
  assert.throws(act, (error: M3Error) => {
    assert.match(
      error.message,
      /^The configuration file \/etc\/c\.json is not valid:\n {2}- \$\.dbSalt: must be a string\n/,
    )
    assert.doesNotMatch(error.message, /4711|hunter2/)
    return true
  })
})

test('PORT and HOST override http', () => {
  const { http } = parseConfig({ http: { port: 80, host: 'a' } }, { PORT: '8080', HOST: '0.0.0.0' }, '')
  assert.deepEqual([http.host, http.port], ['0.0.0.0', 8080])
  assert.equal(parseConfig({}, { PORT: '0' }, '').http.port, 0)
  assert.equal(parseConfig({}, { PORT: '', HOST: '' }, '').http.port, 3000)
  for (const PORT of ['x', '-1', '65536', '1e3', ' 80']) {
    assert.deepEqual(
      faultsOf('CONFIG_INVALID', () => parseConfig({}, { PORT }, '')),
      ['PORT (environment): must be a port: 0 to 65535'],
    )
  }
})

test('the sub-directory stands without slashes at its ends', () => {
  for (const given of ['api', '/api', 'api/', '/api/']) {
    assert.equal(parseConfig({ sub_directory: given }, {}, '').sub_directory, 'api')
  }
  for (const given of ['', '/']) assert.equal(parseConfig({ sub_directory: given }, {}, '').sub_directory, '')
})

test('the configuration is frozen through and through, what was given is left as it was', () => {
  const given = { http: { cors: { origins: ['https://example.com'] } } }
  const config = parseConfig(given, {}, '')
  assert.deepEqual(given, { http: { cors: { origins: ['https://example.com'] } } })
  for (const part of [config, config.http, config.http.cors?.origins, config.tenants.customLengths]) {
    assert.ok(Object.isFrozen(part))
  }
})
