import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { runCommandLine } from '../../kernel/cli/command-line.js'
import { repository } from '../support/app.js'
import { tableOf } from './markdown.js'
import { cannotFollow, followPage } from './page.js'

const pages = [
  'README.md',
  ...readdirSync(path.join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const read = (file: string) => readFileSync(path.join(repository, file), 'utf8')

test('the README does what it says', { skip: cannotFollow }, () => followPage('README.md'))

test('every page of docs/ has a test that follows it', () => {
  const tests = readdirSync(path.join(repository, 'tests/docs')).map((name) => read(`tests/docs/${name}`))
  for (const page of pages)
    assert.ok(
      tests.some((source) => source.includes(`followPage('${page}'`)),
      page,
    )
})

test('the table of commands in the README has every command with its arguments', async () => {
  const known = await commandsOf([])
  assert.deepEqual(
    tableOf(read('README.md'), 'command').map(([command]) => command),
    known,
  )
  assert.ok(known.includes('tenant subscribe <tenant> <module>') && known.includes('migrate [target]'))
})

test('the README names every folder of the repository, and none that is not there', () => {
  const named = tableOf(read('README.md'), 'folder or file').map(([name]) => name ?? '')
  for (const name of named) assert.ok(existsSync(path.join(repository, name)), name)
  const passing = ['.git', 'node_modules', 'dist', 'data', 'backups']
  for (const entry of readdirSync(repository, { withFileTypes: true })) {
    if (!entry.isDirectory() || passing.includes(entry.name)) continue
    assert.ok(
      named.some((name) => name.startsWith(`${entry.name}/`)),
      `${entry.name}/ is not in the README`,
    )
  }
})

test('every link inside the documentation leads somewhere', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => ({ page, to })),
  )
  for (const { page, to } of links.filter((link) => !link.to.startsWith('https://'))) {
    const [file = '', anchor] = to.split('#')
    const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
    assert.ok(existsSync(path.join(repository, target)), `${page} links to ${to}`)
    if (anchor !== undefined) assert.ok(anchorsOf(read(target)).includes(anchor), `${page} links to ${to}`)
  }
  assert.ok(links.length > 10)
})

/** Below a command: those that do something, as the help shows them, `tenant add <name>`. */
async function commandsOf(group: readonly string[]): Promise<string[]> {
  const [, list] = (await helpOf(group)).split('\nCommands:\n')
  if (list === undefined) return []
  const entries = [...list.matchAll(/^ {2}([\w-]+)( \[options\])?((?: (?:<\w+>|\[\w+\]))*)/gm)]
  const found = entries
    .filter(([, name]) => name !== 'help')
    .map(async ([, name = '', acts, args = '']) => [
      ...(acts ? [[...group, name].join(' ') + args] : []),
      ...(await commandsOf([...group, name])),
    ])
  return (await Promise.all(found)).flat()
}

async function helpOf(command: readonly string[]): Promise<string> {
  const stdout = new PassThrough()
  const status = await runCommandLine([...command, '--help'], {
    env: {},
    cwd: repository,
    stdin: Readable.from([]),
    stdout,
    stderr: new PassThrough(),
    onSignal: () => () => {},
    onUncaught: () => {},
    exit: () => {},
  })
  assert.equal(status, 0)
  stdout.end()
  return text(stdout)
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
