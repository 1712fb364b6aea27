import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { repository } from '../support/app.js'

const script = path.join(repository, 'hive-mq/bin/hash_pass.sh')

/** Runs the script with a `docker` that writes its arguments down and ends with `status`. */
async function run(t: TestContext, args: string[], status = 0) {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-docker-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const docker = path.join(folder, 'docker')
  await writeFile(docker, `#!/bin/sh\nprintf '%s\\0' "$@" >"${folder}/args"\necho the hash\nexit ${status}\n`)
  await chmod(docker, 0o755)
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  const { status: ended, stdout, stderr } = spawnSync('sh', [script, ...args], { env, encoding: 'utf8' })
  const written = await readFile(path.join(folder, 'args'), 'utf8').catch(() => '')
  return { status: ended, stdout, stderr, args: written.split('\0').slice(0, -1) }
}

const generator = '/opt/hivemq/extensions/hivemq-file-rbac-extension/hivemq-file-rbac-extension.jar'

test('the password reaches the generator in the container as it was typed', async (t) => {
  for (const password of ['passs', 'two words', '$HOME `id` $(id)', `"it's"`, 'a\\b*', '-x', 'pä😀', ' ']) {
    const { status, stdout, args } = await run(t, ['m3saas_hive-mq_1', password])
    assert.equal(status, 0)
    assert.equal(stdout, 'the hash\n')
    assert.deepEqual(args, [
      ...['exec', '--env', 'LC_ALL=C.UTF-8', 'm3saas_hive-mq_1'],
      ...['java', '-jar', generator, '-p', password],
    ])
  }
})

test('its status is that of Docker', async (t) => {
  assert.equal((await run(t, ['gone', 'passs'], 125)).status, 125)
})

test('what cannot be meant is refused with the usage, and Docker is not called', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /Must provide hive-mq container name/],
    [['', 'passs'], /Must provide hive-mq container name/],
    [['broker'], /Must specify a password to hash/],
    [['broker', ''], /Must specify a password to hash/],
    [['broker', 'two', 'words'], /a password with spaces needs quotes/],
    [['--privileged', 'passs'], /No container has the name --privileged/],
    [['broker', '@file'], /begins with @/],
  ]
  for (const [args, message] of cases) {
    const { status, stdout, stderr, args: called } = await run(t, args)
    assert.equal(status, 1)
    assert.match(stderr, message)
    assert.match(stderr, /Usage: sh .*hash_pass\.sh <container> <password>/)
    assert.equal(stdout, '')
    assert.deepEqual(called, [])
  }
})
