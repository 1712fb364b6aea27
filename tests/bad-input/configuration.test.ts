import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { callCommand, runCommand } from '../support/command.js'

/** What is in the app root, what the environment says, and what the user reads; `{root}` is the app root. */
interface Case {
  readonly files: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly says: string
}

const named = { CONFIG_FILE: 'conf/config.json' }
const file = '{root}/conf/config.json'
const holding = (source: string) => ({ 'conf/config.json': source })

const cases: Readonly<Record<string, Case>> = {
  'a file that is missing': {
    files: {},
    env: named,
    says: `The configuration file ${file} is not usable: there is no such file`,
  },
  // Root reads a file of any mode, so these two stand for all that cannot be read.
  'a file that cannot be read, being a folder': {
    files: { 'conf/config.json/x': '' },
    env: named,
    says: `The configuration file ${file} is not usable: it cannot be read (EISDIR)`,
  },
  'a file that cannot be read, standing below a file': {
    files: { conf: '' },
    env: named,
    says: `The configuration file ${file} is not usable: it cannot be read (ENOTDIR)`,
  },
  'a file that is not JSON': {
    files: holding('{ "dbSalt": "hush",\n  "ops": { "token": "hush hush hush hush" }'),
    env: named,
    says: `The configuration file ${file} is not JSON: line 2, column 44`,
  },
  'a file that is not JSON in its middle': {
    files: holding('{ "dbSalt": "hush" "http": {} }'),
    env: named,
    says: `The configuration file ${file} is not JSON: line 1, column 20`,
  },
  'a file that is empty': {
    files: holding(''),
    env: named,
    says: `The configuration file ${file} is not JSON: line 1, column 1`,
  },
  'JSON that is no object': {
    files: holding('["hush"]'),
    env: named,
    says: `The configuration file ${file} is not valid:\n  - $: must be an object`,
  },
  'unknown keys, each with the nearest known name': {
    files: holding('{ "timezone": "hush", "tenants": { "customLengths": { "mail": 1 } }, "colour": "hush" }'),
    env: named,
    says: `The configuration file ${file} is not valid:
  - $.timezone: is not a known key; did you mean timeZone?
  - $.colour: is not a known key; known are sub_directory, dbSalt, tenants, mqtt, http, timeZone, autoMigration, alwaysForceMainSeeds, ops, limits, migrations, cron, backups, catalog, log
  - $.tenants.customLengths.mail: is not a known key; did you mean email?`,
  },
  'values of the wrong type': {
    files: holding('{ "dbSalt": 5, "http": { "port": "3000" }, "autoMigration": "yes", "limits": [], "ops": "hush" }'),
    env: named,
    says: `The configuration file ${file} is not valid:
  - $.dbSalt: must be a string
  - $.http.port: must be an integer
  - $.autoMigration: must be a boolean
  - $.ops: must be an object
  - $.limits: must be an object`,
  },
  'config.json of the app root, with no word of it in the environment': {
    files: { 'config.json': '{ "htpp": {} }' },
    says: 'The configuration file {root}/config.json is not valid:\n  - $.htpp: is not a known key; did you mean http?',
  },
  'a port in the environment that is none': {
    files: {},
    env: { PORT: '99999' },
    says: 'The environment is not valid:\n  - PORT (environment): must be a port: 0 to 65535',
  },
}

for (const [behaviour, { files, env = {}, says }] of Object.entries(cases)) {
  test(`${behaviour}: one message, status 1, and nothing is made`, async (t) => {
    const root = await makeAppRoot(t, { 'package.json': '{}', ...files })
    const before = (await readdir(root)).sort()
    const message = says.replaceAll('{root}', root)
    for (const command of [['start'], ['tenant', 'list'], ['module', 'list']]) {
      const outcome = await callCommand(command, { cwd: root, env })
      assert.deepEqual(outcome, { status: 1, stdout: '', stderr: `m3saas: ${message}\n` })
      assert.doesNotMatch(outcome.stderr, /hush/, 'a value of the file')
    }
    const { status, stdout, stderr } = await callCommand(['start', '--json'], { cwd: root, env })
    assert.deepEqual([status, stdout], [1, ''])
    const { code, message: told } = JSON.parse(stderr)
    assert.deepEqual([code, told], ['CONFIG_INVALID', message])
    assert.deepEqual((await readdir(root)).sort(), before)
  })
}

test('the process itself ends with status 1 and the same message', async (t) => {
  const root = await makeAppRoot(t)
  const outcome = await runCommand(['start'], { cwd: root, env: named })
  const message = `m3saas: The configuration file ${path.join(root, 'conf/config.json')} is not usable: there is no such file\n`
  assert.deepEqual(outcome, { status: 1, stdout: '', stderr: message })
})

test('an app root that is not there is not made', async (t) => {
  const root = path.join(await makeAppRoot(t), 'sample')
  for (const [args, env] of [
    [['start', '--root', root], {}],
    [['tenant', 'list'], { M3SAAS_ROOT: root }],
  ] as const) {
    const outcome = await callCommand(args, { cwd: '/', env })
    const message = `m3saas: The app root ${root} is no folder: name one by --root or M3SAAS_ROOT\n`
    assert.deepEqual(outcome, { status: 1, stdout: '', stderr: message })
  }
  assert.deepEqual(await readdir(path.dirname(root)), ['node_modules'])
})
