import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { repository } from './support/app.js'

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'm3saas-runner-'))
})
after(() => rm(folder, { recursive: true }))

const HEAD = "import { test } from 'node:test'\n"
const PASSING = `${HEAD}test('one', () => {})`

/** Runs the test runner over files of these sources. */
async function runTests(sources: Readonly<Record<string, string>>, env: Record<string, string> = {}) {
  const own = await mkdtemp(path.join(folder, 'run-'))
  for (const [name, source] of Object.entries(sources)) await writeFile(path.join(own, `${name}.test.mjs`), source)
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const args = [path.join(repository, 'dist/tests/run.js'), '--folder', own, '--file-seconds', '5']
  const child = spawn(process.execPath, args, { env: { ...inherited, M3SAAS_TEST_MYSQL: 'off', ...env } })
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status, stdout, stderr }
}

test('tests that pass are a run that passes, with its summary', async () => {
  const { status, stdout, stderr } = await runTests({ a: PASSING, b: PASSING })
  assert.deepEqual([status, stderr], [0, ''])
  for (const line of ['tests 2', 'pass 2', 'fail 0', 'skipped 0']) assert.ok(stdout.includes(`ℹ ${line}\n`), stdout)
})

const failing: Record<string, [string, RegExp]> = {
  'a test that fails': [`${HEAD}test('one', () => { throw new Error('wrong') })`, /ℹ fail 1\n/],
  'a file that does not load': [`${PASSING}\nimport './nowhere.mjs'`, /ℹ fail 1\n/],
  'a file that crashes': [`${PASSING}\nsetImmediate(() => process.kill(process.pid, 'SIGSEGV'))`, /ℹ fail 1\n/],
  'a file that ends with a status': [`${PASSING}\nprocess.on('exit', () => { process.exitCode = 3 })`, /ℹ fail 1\n/],
  'an error after the tests': [`${PASSING}\nsetTimeout(() => { throw new Error('late') }, 50)`, /ℹ fail 1\n/],
  'a file that never ends': [
    `${PASSING}\nsetInterval(() => {}, 1000)`,
    /The file takes longer than 5 s[\s\S]*ℹ fail 1\n/,
  ],
  'a file in an endless loop': [
    `${HEAD}test('one', () => { for (;;); })`,
    /The file takes longer than 5 s[\s\S]*ℹ fail 1\n/,
  ],
}
for (const [name, [source, summary]] of Object.entries(failing)) {
  test(`${name} is a run that fails, with its summary`, async () => {
    const { status, stdout, stderr } = await runTests({ a: source, b: PASSING })
    assert.equal(status, 1, stdout)
    assert.match(stdout, summary)
    assert.equal(stderr, '')
  })
}

for (const source of ['export {}', `${HEAD}test('one', () => process.exit(0))`]) {
  test(`a file that reports no test is a run that fails: ${source.split('\n').at(-1)}`, async () => {
    const { status, stderr } = await runTests({ a: source, b: PASSING })
    assert.equal(status, 1)
    assert.match(stderr, /^✖ \S*a\.test\.mjs holds no test\n$/)
  })
}

test('no test file at all is a run that fails', async () => {
  const { status, stderr } = await runTests({})
  assert.deepEqual([status, stderr], [1, '✖ there is no test file\n'])
})

const SKIPPED = `${HEAD}test('one', { skip: 'no server' }, () => {})`

test('a skipped test is allowed, unless the MySQL suites are required', async () => {
  const allowed = await runTests({ a: SKIPPED })
  assert.deepEqual([allowed.status, allowed.stderr], [0, ''])
  assert.match(allowed.stdout, /ℹ skipped 1\n/)
  const server = JSON.stringify({ host: '', port: 0, rootUser: '', rootPassword: '' })
  const required = { M3SAAS_TEST_MYSQL: 'required', M3SAAS_TEST_MARIADB: server }
  const refused = await runTests({ a: SKIPPED }, required)
  assert.deepEqual([refused.status, refused.stderr], [1, '✖ 1 tests were skipped, and none may be\n'])
  assert.equal((await runTests({ a: PASSING }, required)).status, 0)
})
