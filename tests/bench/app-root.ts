import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MariaDb } from '../support/mariadb.js'

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
export const command = path.join(repository, 'dist/kernel/main.js')

/** An app root in a temporary folder, with the benchmark's module and the configuration for a server. */
export interface AppRoot {
  readonly root: string
  readonly configFile: string
  /** Writes another configuration file, alike but for what is given, and gives its path. */
  configure(change: object): Promise<string>
  remove(): Promise<void>
}

export interface AppRootOptions {
  /** The server and the name of the catalog in it; none for SQLite. */
  readonly database?: { readonly server: MariaDb; readonly name: string }
  readonly config?: object
  /** The cron files of modules, by the names of these. */
  readonly cronFiles?: Readonly<Record<string, string>>
}

/** `modules`: the root file of each, by its name. */
export async function makeAppRoot(
  modules: Readonly<Record<string, string>>,
  options: AppRootOptions = {},
): Promise<AppRoot> {
  const root = await mkdtemp(path.join(tmpdir(), 'm3saas-bench-'))
  await mkdir(path.join(root, 'node_modules'))
  await symlink(repository, path.join(root, 'node_modules/m3saas'))
  await writeFile(path.join(root, 'package.json'), JSON.stringify({ name: 'bench-app', type: 'module', private: true }))
  for (const [name, source] of Object.entries(modules)) {
    const folder = path.join(root, 'plugins', name, 'v1')
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, `${name}.module.mjs`), source)
    const cronFile = options.cronFiles?.[name]
    if (cronFile !== undefined) await writeFile(path.join(folder, `${name}.cron.mjs`), cronFile)
  }
  const { server, name } = options.database ?? {}
  const database = server && {
    host: server.host,
    port: server.port,
    database: name,
    user: server.rootUser,
    password: server.rootPassword,
  }
  const configFile = path.join(root, 'config.json')
  const config = {
    ...(database ? { tenants: { database } } : {}),
    http: { port: 0 },
    log: { level: 'silent' },
    limits: { connections: 450, liveTenants: 500, connectionIdleSeconds: 120 },
    ...options.config,
  }
  await writeFile(configFile, JSON.stringify(config))
  return {
    root,
    configFile,
    async configure(change) {
      const other = path.join(root, 'other-config.json')
      await writeFile(other, JSON.stringify({ ...config, ...change }))
      return other
    },
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

/** The module whose routes are measured: one that touches nothing, one through `sql`, one through a model. */
export const benchModule = `
import { defineModule, defineSeed, defineTable, int, varchar } from 'm3saas'
const rows = defineTable('bench_rows', { columns: { title: varchar(100), body: varchar(200), score: int() } })
const seed = defineSeed(rows, { main: Array.from({ length: 20 }, (_, i) => ({ id: i + 1, title: 'Title ' + i, body: 'Body of row ' + i, score: i })) })
const hello = { type: 'object', properties: { hello: { type: 'string' } } }
export const bench = defineModule({
  name: 'bench', version: 1, tables: [rows], seeds: [seed],
  routes(app, { table, sql }) {
    app.get('/hello', { schema: { response: { 200: hello } } }, async () => ({ hello: 'world' }))
    app.get('/sql', { schema: { response: { 200: rows.schema.rows } } }, () => sql\`SELECT id, title, body, score FROM bench_rows LIMIT 20\`)
    app.get('/models', { schema: { response: { 200: rows.schema.rows } } }, () => table(rows).findAll({ limit: 20 }))
  },
})
`

/** The connection of a database as JSON, for the bare server. */
export function connectionOf(server: MariaDb, database: string): string {
  const { host, port, rootUser: user, rootPassword: password } = server
  return JSON.stringify({ host, port, user, password, database })
}
