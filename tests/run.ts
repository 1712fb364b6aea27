import { readdirSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMariaDb, MARIADB_ENVIRONMENT, startMariaDb } from './support/mariadb.js'
import { FILE_SECONDS, importOption } from './support/time-limit.js'

/**
 * `node dist/tests/run.js [part…]`: runs every test file, or those whose path contains a part. One MariaDB serves them
 * all where one is installed. With M3SAAS_TEST_MYSQL=required a missing one, or any skipped test, fails the run; with
 * `off` it is left alone. A file fails that crashes, holds no test, or takes longer than `--file-seconds`.
 */
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: 'string', default: path.dirname(fileURLToPath(import.meta.url)) },
    'file-seconds': { type: 'string', default: '300' },
  },
})
const files = readdirSync(values.folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.test\.m?js$/.test(file) && !file.startsWith('fixtures'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => path.resolve(values.folder, file))
  .sort()

/** What makes the run fail though no test did. */
const faults: string[] = []
if (files.length === 0)
  fail(`there is no test file${wanted.length > 0 ? ` with ${wanted.join(' or ')} in its path` : ''}`)
else await runFiles()

async function runFiles(): Promise<void> {
  const required = process.env.M3SAAS_TEST_MYSQL === 'required'
  const isShared = process.env[MARIADB_ENVIRONMENT] !== undefined
  const server = isShared ? undefined : await startMariaDb()
  if (server) process.env[MARIADB_ENVIRONMENT] = describeMariaDb(server)
  else if (required && !isShared) throw new Error('M3SAAS_TEST_MYSQL=required, but no mariadbd is installed')

  let skipped = 0
  process.env[FILE_SECONDS] = values['file-seconds']
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} ${importOption}`
  const stream = run({ files, concurrency: 2 })
  stream.on('test:fail', () => {
    process.exitCode = 1
  })
  stream.on('test:pass', ({ name, nesting, skip }) => {
    if (skip !== undefined) skipped++
    // A file is reported by itself only if nothing in it is.
    if (nesting === 0 && files.includes(path.resolve(name))) fail(`${name} holds no test`)
  })
  stream.compose(new spec()).pipe(process.stdout)
  stream.on('end', async () => {
    await server?.stop()
    if (required && skipped > 0) fail(`${skipped} tests were skipped, and none may be`)
  })
}

function fail(fault: string): void {
  faults.push(fault)
  process.exitCode = 1
}

process.on('exit', () => {
  for (const fault of faults) process.stderr.write(`✖ ${fault}\n`)
})
