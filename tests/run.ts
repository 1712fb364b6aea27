import { readdirSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { describeMariaDb, MARIADB_ENVIRONMENT, startMariaDb } from './support/mariadb.js'

/**
 * Runs every test file, or those whose path contains an argument. One MariaDB serves them all where one is installed;
 * with M3SAAS_TEST_MYSQL=required a missing one, or any skipped test, fails the run.
 */
const here = path.dirname(fileURLToPath(import.meta.url))
const wanted = process.argv.slice(2)
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js') && !file.startsWith('fixtures'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => path.join(here, file))
  .sort()

const required = process.env.M3SAAS_TEST_MYSQL === 'required'
const server = await startMariaDb()
if (!server && required) throw new Error('M3SAAS_TEST_MYSQL=required, but no mariadbd is installed')
if (server) process.env[MARIADB_ENVIRONMENT] = describeMariaDb(server)

let skipped = 0
const stream = run({ files, concurrency: 2 })
stream.on('test:fail', () => {
  process.exitCode = 1
})
stream.on('test:pass', (event) => {
  if (event.skip !== undefined) skipped++
})
stream.compose(new spec()).pipe(process.stdout)
stream.on('end', async () => {
  await server?.stop()
  if (required && skipped > 0) {
    process.exitCode = 1
    process.stderr.write(`${skipped} tests were skipped, and none may be\n`)
  }
})
