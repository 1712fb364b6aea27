import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe } from 'node:test'
import { promisify } from 'node:util'
import mysql from 'mysql2'
import { awaitStart, findServer, freePort, guard } from './server-process.js'

/** A real server with a data directory of its own, listening on 127.0.0.1 alone. */
export interface MariaDb {
  readonly host: string
  readonly port: number
  readonly rootUser: string
  readonly rootPassword: string
  /** Of the server that runs now. */
  readonly pid: number
  /** Ends the server and removes its data. */
  stop(): Promise<void>
  /** Ends the server and keeps its data: a database that goes away. `kill` does not let it say goodbye. */
  halt(how?: 'stop' | 'kill'): Promise<void>
  /** The server again, on the same port with the same data. */
  resume(): Promise<void>
}

const ROOT_PASSWORD = 'root of the tests'
const START_SECONDS = 30

/**
 * Starts a server, in about a second; undefined where none is installed, or M3SAAS_TEST_MYSQL says `off`.
 * `settings` are options of its command line.
 */
export async function startMariaDb(settings: readonly string[] = []): Promise<MariaDb | undefined> {
  if (process.env.M3SAAS_TEST_MYSQL === 'off') return undefined
  const [server, installer] = await Promise.all([findServer('mariadbd'), findServer('mariadb-install-db')])
  if (!server || !installer) return undefined
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-mariadb-'))
  const files = [
    '--no-defaults',
    `--datadir=${path.join(folder, 'data')}`,
    // Servers that start at the same time give their temporary tables the same names.
    `--tmpdir=${folder}`,
    '--innodb-log-file-size=8M',
    '--innodb-buffer-pool-size=32M',
    // The server refuses to run as root unless told to.
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ...settings,
  ]
  const port = await freePort()
  const watchdog = guard(folder)
  let child: ChildProcess | undefined
  const launch = async () => {
    child = await launchServer(server, folder, port, files)
  }
  const halt = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
    // Killed, it leaves its number behind, which may be another process's by and by.
    await rm(path.join(folder, 'pid'), { force: true })
  }
  try {
    await promisify(execFile)(installer, [
      ...files,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
    ])
    await launch()
    await closeRoot(port)
  } catch (error) {
    await halt('SIGKILL')
    await watchdog.dismiss()
    throw error
  }
  return {
    host: '127.0.0.1',
    port,
    rootUser: 'root',
    rootPassword: ROOT_PASSWORD,
    get pid() {
      return child?.pid ?? 0
    },
    async stop() {
      await halt('SIGTERM')
      await watchdog.dismiss()
    },
    halt: (how = 'stop') => halt(how === 'kill' ? 'SIGKILL' : 'SIGTERM'),
    resume: launch,
  }
}

/** What `tests/run.ts` hands to the test files about the server it started. */
export const MARIADB_ENVIRONMENT = 'M3SAAS_TEST_MARIADB'

export type SharedMariaDb = Pick<MariaDb, 'host' | 'port' | 'rootUser' | 'rootPassword' | 'stop'>

export function describeMariaDb({ host, port, rootUser, rootPassword }: MariaDb): string {
  return JSON.stringify({ host, port, rootUser, rootPassword })
}

/**
 * The server that the test run shares, or one of its own when a file is run alone; undefined where none is installed.
 * The caller stops it in `after`: that ends only a server of its own.
 */
export async function mariaDbForTests(): Promise<SharedMariaDb | undefined> {
  const shared = process.env[MARIADB_ENVIRONMENT]
  if (shared) return { ...JSON.parse(shared), stop: async () => {} }
  return startMariaDb()
}

/**
 * The tests of one file that need the server: a suite, skipped with a reason where none is installed.
 * Other files use the same server at the same time: name databases and users after the file.
 */
export async function withMariaDb(name: string, define: (server: SharedMariaDb) => void): Promise<void> {
  const server = await mariaDbForTests()
  after(() => server?.stop())
  describe(name, { skip: server ? false : 'no mariadbd is installed' }, () => {
    if (server) define(server)
  })
}

async function launchServer(server: string, folder: string, port: number, files: string[]): Promise<ChildProcess> {
  const log = path.join(folder, 'error.log')
  const child = spawn(
    server,
    [
      ...files,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${path.join(folder, 's')}`,
      `--pid-file=${path.join(folder, 'pid')}`,
      `--log-error=${log}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-doublewrite=0',
      '--innodb-use-native-aio=0',
      '--innodb-fast-shutdown=2',
      '--max-connections=1000',
      '--performance-schema=OFF',
    ],
    { stdio: 'ignore' },
  )
  // It accepts connections before it is ready, and greets when it is.
  await awaitStart(child, { log, port, sign: 'data', seconds: START_SECONDS })
  return child
}

/** Gives root its password and leaves one account, that may come from anywhere. */
async function closeRoot(port: number): Promise<void> {
  const connection = mysql.createConnection({ host: '127.0.0.1', port, user: 'root' })
  const query = (sql: string) =>
    new Promise<void>((resolve, reject) => {
      connection.query(sql, (error) => (error ? reject(error) : resolve()))
    })
  await query("DELETE FROM mysql.global_priv WHERE User IN ('', 'root') AND Host <> '127.0.0.1'")
  await query("UPDATE mysql.global_priv SET Host = '%' WHERE User = 'root'")
  await query('FLUSH PRIVILEGES')
  await query(`ALTER USER 'root'@'%' IDENTIFIED BY '${ROOT_PASSWORD}'`)
  connection.end()
}
