import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { childOf, parseXml, textOf } from '../../kernel/mqtt/credentials/xml.js'
import { repository } from '../support/app.js'

const folder = path.join(repository, 'hive-mq')
const read = (file: string) => readFile(path.join(folder, file), 'utf8')
const instructions = async () =>
  (await read('Dockerfile'))
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))

test('every image is pinned by version and digest', async () => {
  const images = (await instructions()).flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? [])
  assert.equal(images.length, 2)
  for (const image of images) assert.match(image, /^[\w/-]+:\d[\w.-]+@sha256:[0-9a-f]{64}$/)
  assert.doesNotMatch(await read('Dockerfile'), /\blatest\b/)
})

test('the extension’s sources are pinned by commit, and no other thing is fetched', async () => {
  const lines = await instructions()
  assert.match(
    lines.find((line) => line.startsWith('ARG EXTENSION_COMMIT')) ?? '',
    /^ARG EXTENSION_COMMIT=[0-9a-f]{40}$/,
  )
  const addresses = lines.filter((line) => line.includes('://'))
  assert.deepEqual(addresses, ['ARG EXTENSION_SOURCES=https://github.com/hivemq/hivemq-file-rbac-extension.git'])
  assert.deepEqual(
    lines.filter((line) => /^ADD|curl|wget|apt/.test(line)),
    [],
  )
})

test('every library has an exact version and a sum', async () => {
  const pom = await read('extension/pom.xml')
  const named = [...pom.matchAll(/<artifactId>([^<]*)<\/artifactId>\s*<version>([^<]*)<\/version>/g)]
    .slice(1, -1)
    .map(([, artifact, version = '']) => {
      assert.match(version, /^\d+(\.\d+)+$/)
      return `${artifact}-${version}.jar`
    })
  assert.equal(named.length, pom.match(/<dependency>/g)?.length)
  const sums = (await read('extension/checksums'))
    .trim()
    .split('\n')
    .map((line) => line.split('  '))
  for (const [sum] of sums) assert.match(sum ?? '', /^[0-9a-f]{64}$/)
  const files = sums.map(([, file]) => file)
  assert.deepEqual(files, [...files].sort())
  for (const file of named) assert.ok(files.includes(file), file)
})

test('what is copied into the image is there, and is let through to Docker', async () => {
  const letThrough = (await read('.dockerignore')).split('\n').flatMap((line) => /^!(.+)/.exec(line)?.[1] ?? [])
  const copied = (await instructions()).flatMap((line) => {
    if (!line.startsWith('COPY') || line.includes('--from')) return []
    return line
      .split(' ')
      .slice(1, -1)
      .filter((word) => !word.startsWith('--'))
      .map((word) => word.replace(/\/$/, ''))
  })
  assert.deepEqual(copied.sort(), letThrough.sort())
  for (const file of copied) assert.ok(existsSync(path.join(folder, file)), file)
})

test('nobody gets in without a user: the extension that lets all in is taken out', async () => {
  const text = (await instructions()).join('\n')
  assert.match(text, /^RUN rm -rf \/opt\/hivemq\/extensions\/hivemq-allow-all-extension$/m)
  assert.match(text, /^ENV HIVEMQ_ALLOW_ALL_CLIENTS=false$/m)
  const users = text.match(/^USER .*$/gm)
  assert.equal(users?.at(-1), 'USER 10000')
})

/** Runs `build.sh` with stand-ins for Maven and Java; Maven brings what `libraries` names. */
async function build(t: TestContext, libraries: Record<string, string>) {
  const root = await mkdtemp(path.join(tmpdir(), 'm3saas-build-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  await mkdir(path.join(root, 'bin'))
  await mkdir(path.join(root, 'libraries'))
  await mkdir(path.join(root, 'sources/src/main/java'), { recursive: true })
  await writeFile(path.join(root, 'sources/gradle.properties'), 'version=1.2.3\n')
  await writeFile(path.join(root, 'sources/LICENSE'), 'free')
  for (const [name, text] of Object.entries(libraries)) await writeFile(path.join(root, 'libraries', name), text)
  const command = async (name: string, lines: string) => {
    await writeFile(path.join(root, 'bin', name), `#!/bin/sh\n${lines}\n`)
    await chmod(path.join(root, 'bin', name), 0o755)
  }
  await command(
    'mvn',
    `for a; do case $a in -DoutputDirectory=*) to=\${a#*=};; esac; done; mkdir -p "$to"; cp "${root}"/libraries/* "$to"`,
  )
  await command('javac', `touch "${root}/compiled"`)
  await command('jar', 'shift 2; touch "$0.ran"; cp "$3" "$1"')
  const env = { ...process.env, PATH: `${path.join(root, 'bin')}:${process.env.PATH}` }
  const run = (script: string) => {
    try {
      execFileSync('sh', [script, path.join(root, 'sources'), path.join(root, 'out')], { env, stdio: 'pipe' })
      return ''
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr)
    }
  }
  return { root, run, compiled: () => existsSync(path.join(root, 'compiled')) }
}

test('libraries that are not those of the list are not built with', async (t) => {
  const { run, compiled } = await build(t, { 'caffeine-3.3.0.jar': 'something else' })
  assert.match(run(path.join(folder, 'extension/build.sh')), /The libraries are not those of extension\/checksums/)
  assert.equal(compiled(), false)
})

test('the extension is a folder with its libraries, and with the places of the two files', async (t) => {
  const { root, run, compiled } = await build(t, { 'a-1.jar': 'a' })
  for (const file of ['build.sh', 'pom.xml', 'hivemq-extension.xml']) {
    await writeFile(path.join(root, file), await read(`extension/${file}`))
  }
  const sum = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'
  await writeFile(path.join(root, 'checksums'), `${sum}  a-1.jar\n`)
  assert.equal(run(path.join(root, 'build.sh')), '')
  assert.equal(compiled(), true)
  assert.deepEqual((await readdir(path.join(root, 'out'))).sort(), [
    'LICENSE',
    'conf',
    'credentials.xml',
    'extension-config.xml',
    'hivemq-extension.xml',
    'hivemq-file-rbac-extension.jar',
    'lib',
  ])
  const out = (file: string) => readFile(path.join(root, 'out', file), 'utf8')
  assert.match(await out('hivemq-file-rbac-extension.jar'), /^Class-Path: \n {2}lib\/a-1\.jar$/m)
  const about = parseXml(await out('hivemq-extension.xml'), 'hivemq-extension')
  assert.equal(textOf(childOf(about, 'version') ?? assert.fail()), '1.2.3')
  await writeFile(path.join(root, 'out/conf/credentials.xml'), 'through the link')
  assert.equal(await out('credentials.xml'), 'through the link')
})
