import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const kernel = path.join(root, 'kernel')

/** The rooms by floor: a file imports from floors below its own or from its own room. */
const FLOORS: readonly (readonly string[])[] = [
  ['contract', 'errors.ts', 'describe-error.ts', 'names.ts', 'moment.ts', 'run-filter.ts', 'guess-limit.ts', 'config'],
  ['engines'],
  ['catalog', 'modules', 'migrations', 'seeding'],
  ['tenants'],
  ['http', 'cron', 'mqtt', 'backups'],
  ['main.ts', 'cli', 'kernel.ts', 'backups-assembly.ts', 'cron-assembly.ts', 'server.ts', 'index.ts'],
]
/** Floor 4 holds features and floor 1 engines: each is a stranger to its neighbours. */
const STRANGERS = [
  ['http', 'cron', 'mqtt', 'backups'],
  ['engines/mysql', 'engines/sqlite'],
]

const files = readdirSync(kernel, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(path.sep).join('/'))

/** Relative imports of a file, static, dynamic and of types, as paths below kernel/. */
function importsOf(file: string): string[] {
  const source = readFileSync(path.join(kernel, file), 'utf8')
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    path.posix.join(path.posix.dirname(file), (match[1] ?? '').replace(/\.js$/, '.ts')),
  )
}

const roomOf = (file: string) => file.split('/')[0] ?? ''
const floorOf = (file: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)))

test('every file of the kernel stands in a room of a known floor', () => {
  assert.deepEqual(
    files.filter((file) => floorOf(file) < 0),
    [],
  )
})

test('imports go down, never up, and never into an index', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((to) => floorOf(to) > floorOf(file) || path.posix.basename(to) === 'index.ts')
      .map((to) => `${file} imports ${to}`),
  )
  assert.deepEqual(wrong, [])
})

test('features and engines are strangers to one another', () => {
  const wrong = STRANGERS.flatMap((rooms) =>
    files.flatMap((file) => {
      const own = rooms.find((room) => file.startsWith(`${room}/`))
      return importsOf(file)
        .filter((to) => own && rooms.some((room) => room !== own && to.startsWith(`${room}/`)))
        .map((to) => `${file} imports ${to}`)
    }),
  )
  assert.deepEqual(wrong, [])
})

test('no imports go in a circle, those of types included', () => {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, trail: readonly string[]) => {
    if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' → '))
    if (trail.includes(file) || done.has(file)) return
    for (const to of importsOf(file)) visit(to, [...trail, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  assert.deepEqual(cycles, [])
})

/** A thread of a job is a process of its own in little: it is fenced in there. Memory and flags are those of the whole. */
const IN_THREADS = /^cron\/threads\/(?:worker|fence|memory-watch|job-thread)\.ts$/

test('only the top floor touches the process, and the threads of jobs', () => {
  const wrong = files.filter(
    (file) =>
      floorOf(file) < 5 &&
      !IN_THREADS.test(file) &&
      /\bprocess\.(?!nextTick)|'node:process'/.test(withoutComments(readFileSync(path.join(kernel, file), 'utf8'))),
  )
  assert.deepEqual(wrong, [])
})

test('the walk sees imports at all', () => {
  assert.ok(importsOf('contract/define-module.ts').includes('contract/context.ts'))
  assert.ok(files.length > 20)
})

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
