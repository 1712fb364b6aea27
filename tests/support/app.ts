import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { parseConfig } from '../../kernel/config/load-config.js'
import { assembleKernel, type Kernel } from '../../kernel/kernel.js'
import { startServer } from '../../kernel/server.js'
import { type SharedMariaDb, withMariaDb } from './mariadb.js'

/** A whole server on a free port, in this process, with an app root of its own. */
export interface App {
  /** Without a slash at its end, and without the sub-directory. */
  readonly url: string
  /** The ops token. */
  readonly token: string
  readonly root: string
  readonly kernel: Kernel
  /** The lines of the log so far, parsed. */
  readonly log: readonly Record<string, unknown>[]
  /** Stops the server and removes the app root. */
  close(): Promise<void>
}

export interface AppOptions {
  /** Absent: SQLite files in the app root. */
  readonly server?: SharedMariaDb
  /** Made by the caller, and removed with the app; absent: one with the sample modules and seeds. */
  readonly root?: string
  readonly config?: object
}

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')

/** A suite on SQLite, and again on the MariaDB of the tests where one is installed. */
export async function onEveryEngine(name: string, define: (start: () => Promise<App>) => void): Promise<void> {
  describe(`${name} on SQLite`, () => define(() => startApp()))
  await withMariaDb(`${name} on MariaDB`, (server) => define(() => startApp({ server })))
}

export async function startApp({ server, root, config }: AppOptions = {}): Promise<App> {
  const folder = root ?? (await sampleRoot())
  const given = {
    dbSalt: 'salt of the tests',
    http: { port: 0 },
    mqtt: { embedded: false },
    ...(server ? { tenants: { database: databaseOn(server), customLengths: { password: 40 } } } : {}),
    ...config,
  }
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const kernel = await assembleKernel({ root: folder, config: parseConfig(given, {}, 'the test'), log })
  const end = async () => {
    await kernel.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const { url, token, close } = await startServer(kernel)
    return {
      url,
      token,
      root: folder,
      kernel,
      log: lines,
      async close() {
        await close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** An empty app root in which `m3saas` can be imported. */
export async function emptyRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'm3saas-app-'))
  await writeFile(path.join(root, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
  await mkdir(path.join(root, 'seeds'))
  return root
}

/** Makes `import … from 'm3saas'` find this repository. */
export async function linkKernel(root: string): Promise<void> {
  await mkdir(path.join(root, 'node_modules'), { recursive: true })
  await symlink(repository, path.join(root, 'node_modules', 'm3saas'))
}

/** The sample modules and seeds, compiled, under names of tenants that no other test uses. */
export async function sampleRoot(): Promise<string> {
  const root = await emptyRoot()
  await linkKernel(root)
  const compiled = path.join(repository, 'dist')
  await symlink(path.join(compiled, 'plugins'), path.join(root, 'plugins'))
  for (const seed of ['modules', 'modules_dependencies', 'subscriptions']) {
    await symlink(path.join(compiled, 'seeds', `${seed}.seed.js`), path.join(root, 'seeds', `${seed}.seed.js`))
  }
  await writeTenants(root, 2)
  return root
}

/** Tenants 1 to `count`: test files run at the same time on one MariaDB, where their databases must not meet. */
export async function writeTenants(root: string, count: number): Promise<void> {
  const run = randomBytes(4).toString('hex')
  const main = Array.from({ length: count }, (_, i) => {
    const name = `t${i + 1}_${run}`
    return { id: i + 1, name, user: `${name}_user`, password: `the secret of ${name}` }
  })
  await writeFile(
    path.join(root, 'seeds', 'tenants.seed.mjs'),
    `import { defineSeed, tenants } from 'm3saas'\nexport default defineSeed(tenants, ${JSON.stringify({ main })})\n`,
  )
}

/** The configuration of a catalog of its own on the server. */
export function databaseOn({ host, port, rootUser, rootPassword }: SharedMariaDb) {
  return { host, port, database: `app_${randomBytes(4).toString('hex')}`, user: rootUser, password: rootPassword }
}
