import mysql from 'mysql2/promise'
import type { Kernel } from '../../../kernel/kernel.js'
import type { MariaDb } from '../../support/mariadb.js'
import { type AppRoot, makeAppRoot } from '../app-root.js'
import { timeOfCommand } from '../child-run.js'
import { residentMegabytes } from '../memory.js'
import { best, type Figure, measureInTurn, ratioFigure, show } from '../pairs.js'
import { addTenants, openBenchKernel } from '../tenants.js'

const TENANTS = 1000
const NEW_TENANTS = 100
const TABLES = 10
const PARALLEL = 8
const ROUNDS = 3

/** A module of ten tables that refer to one another; `more` columns stand in the last one. */
const wideModule = (more: number) => `
import { datetime, defineModule, defineTable, email, id, int, now, text, varchar } from 'm3saas'
const columns = { title: varchar(100), body: text().nullable(), score: int().default(0), owner: email().nullable(), created_at: datetime().default(now) }
const tables = []
for (let i = 0; i < ${TABLES}; i++) {
  const link = i === 0 ? {} : { parent_id: id().nullable().references(tables[i - 1], { onDelete: 'cascade' }) }
  const extra = i < ${TABLES - 1} ? {} : Object.fromEntries(Array.from({ length: ${more} }, (_, n) => ['extra_' + n, int().nullable()]))
  tables.push(defineTable('wide_' + i, { columns: { ...columns, ...link, ...extra }, indexes: [['owner'], { columns: ['title', 'score'], unique: true }] }))
}
export default defineModule({ name: 'wide', version: 1, tables })
`

/** Migrating many tenants at once, against the same statements sent by plain mysql2 over as many connections. */
export async function fleet(server: MariaDb): Promise<Figure[]> {
  const app = await makeWide(server, 'bench_fleet', TENANTS)
  try {
    const memory = await migrateAll(app)
    const statements = await statementsWithNothingToDo(server, app)
    const nothing = await best(ROUNDS, () => timeOfCommand(app, ['migrate', '--all']))
    const columns = await addingOneColumn(server)
    return [
      {
        name: 'statements of migrating one database with nothing to do',
        ours: `${statements}`,
        bare: '',
        result: `${statements}`,
        reach: '≤ 2',
        reached: statements <= 2,
      },
      {
        name: 'm3saas migrate --all, 1,000 tenants with nothing to do: whole command',
        ours: show(nothing, 'ms'),
        bare: '',
        result: show(nothing, 'ms'),
        reach: '≤ 3,000 ms',
        reached: nothing <= 3000,
      },
      await provisioning(server),
      ...columns,
      {
        name: 'memory of the process, 1,000th tenant against 100th',
        ours: show(memory.last, 'MB'),
        bare: show(memory.first, 'MB'),
        result: (memory.last / memory.first).toFixed(2),
        reach: '≤ 1.10',
        reached: memory.last <= memory.first * 1.1,
      },
    ]
  } finally {
    await app.remove()
  }
}

/** `more`: how many columns its module has beyond the first form. The catalog is filled where `tenants` says so. */
async function makeWide(server: MariaDb, catalog: string, tenants: number, more = 0): Promise<AppRoot> {
  const app = await makeAppRoot(
    { wide: wideModule(more) },
    { database: { server, name: catalog }, config: { migrations: { fleet: { parallel: PARALLEL } } } },
  )
  if (tenants === 0) return app
  const kernel = await openBenchKernel(app)
  await addTenants(kernel, tenants, ['wide'], `${catalog}_`)
  await kernel.close()
  return app
}

/** Milliseconds to migrate all tenants of an app root, which is removed afterwards. */
async function timeOfFleet(app: AppRoot): Promise<number> {
  const kernel = await openBenchKernel(app)
  try {
    const began = performance.now()
    await runFleet(kernel)
    return performance.now() - began
  } finally {
    await kernel.close()
    await app.remove()
  }
}

/** Migrates all tenants in this process; its memory after the 100th and after the last. */
async function migrateAll(app: AppRoot): Promise<{ first: number; last: number }> {
  const kernel = await openBenchKernel(app)
  const memory = { first: 0, last: 0 }
  try {
    await runFleet(kernel, (done) => {
      if (done === 100) memory.first = residentMegabytes()
    })
    memory.last = residentMegabytes()
    return memory
  } finally {
    await kernel.close()
  }
}

async function runFleet(kernel: Kernel, onTenant: (done: number) => void = () => {}): Promise<void> {
  let done = 0
  for await (const event of kernel.migrateAll({}, new AbortController().signal)) {
    if (event.event !== 'tenant') continue
    if (event.outcome === 'failed') throw new Error(`tenant ${event.tenant}: ${event.error?.message}`)
    onTenant(++done)
  }
}

/** As the server counts them: what the tenant's user sends from its login to its logout. */
async function statementsWithNothingToDo(server: MariaDb, app: AppRoot): Promise<number> {
  const root = await connect(server)
  const kernel = await openBenchKernel(app)
  try {
    await root.query("SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON")
    await kernel.runMode(1, 'migrate')
    await root.query('SET GLOBAL general_log = OFF')
    const [rows] = await root.query<mysql.RowDataPacket[]>(
      "SELECT COUNT(*) AS sent FROM mysql.general_log WHERE user_host LIKE 'bench_fleet_1[%' AND command_type IN ('Query', 'Execute')" +
        // What sets a new connection up is none of the migration's.
        " AND argument NOT LIKE 'SET time_zone%'",
    )
    return Number(rows[0]?.sent)
  } finally {
    await kernel.close()
    await root.end()
  }
}

/** Databases, users, rights and ten tables for 100 tenants, each round for new ones. */
async function provisioning(server: MariaDb): Promise<Figure> {
  let round = 0
  const ours = async () => timeOfFleet(await makeWide(server, `bench_new_${++round}`, NEW_TENANTS))
  const tables = await tableStatements(server)
  const bare = async () => {
    const prefix = `bare_new_${++round}_`
    return sendInParallel(server, NEW_TENANTS, (id) => newTenantStatements(`${prefix}${id}`, tables))
  }
  return ratioFigure(
    '100 new tenants of 10 tables, against plain mysql2',
    await measureInTurn(2, Math.min, bare, ours),
    'ms',
    { most: 1.5 },
  )
}

/** One column more, each round another one; the bare side alters tables of its own that are alike. */
async function addingOneColumn(server: MariaDb): Promise<Figure[]> {
  const tables = await tableStatements(server)
  await sendInParallel(server, TENANTS, (id) => newTenantStatements(`bare_fleet_${id}`, tables))
  let columns = 0
  // A process imports a module once: each round has an app root of its own on the same catalog.
  const ours = async () => timeOfFleet(await makeWide(server, 'bench_fleet', 0, ++columns))
  let added = 0
  const bare = async () => {
    const column = `extra_${added++}`
    return sendInParallel(server, TENANTS, (id) => [
      `ALTER TABLE bare_fleet_${id}.wide_${TABLES - 1} ADD COLUMN ${column} INT NULL`,
    ])
  }
  const { bare: byRoot, ours: fleetMs } = await measureInTurn(ROUNDS, Math.min, bare, ours)
  const loggedIn = await best(ROUNDS, () => {
    const column = `extra_${added++}`
    return alterLoggedIn(server, `ALTER TABLE wide_${TABLES - 1} ADD COLUMN ${column} INT NULL`)
  })
  const figure = (whom: string, ms: number) =>
    ratioFigure(`one column more for 1,000 tenants, against plain mysql2 ${whom}`, { ours: fleetMs, bare: ms }, 'ms', {
      most: 1.5,
    })
  return [figure('as root, on eight connections', byRoot), figure('logged in as each tenant', loggedIn)]
}

/** Milliseconds for one statement in each bare database, sent by its own user as the fleet sends it. */
async function alterLoggedIn({ host, port }: MariaDb, statement: string): Promise<number> {
  const began = performance.now()
  let next = 1
  const work = async () => {
    while (next <= TENANTS) {
      const name = `bare_fleet_${next++}`
      const login = { host, port, user: name, password: `password of ${name}`, database: name }
      const connection = await mysql.createConnection(login)
      await connection.query(statement)
      await connection.end()
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return performance.now() - began
}

/** The CREATE TABLE statements of a migrated tenant, in their order, as the server shows them. */
async function tableStatements(server: MariaDb): Promise<string[]> {
  const root = await connect(server)
  try {
    const statements: string[] = []
    for (let i = 0; i < TABLES; i++) {
      const [rows] = await root.query<mysql.RowDataPacket[]>(`SHOW CREATE TABLE bench_fleet_1.wide_${i}`)
      statements.push(String(rows[0]?.['Create Table']))
    }
    return statements
  } finally {
    await root.end()
  }
}

function newTenantStatements(name: string, tables: readonly string[]): string[] {
  return [
    `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    `CREATE USER '${name}'@'%' IDENTIFIED BY 'password of ${name}'`,
    `GRANT ALL PRIVILEGES ON \`${name.replaceAll('_', '\\_')}\`.* TO '${name}'@'%'`,
    `USE ${name}`,
    ...tables,
  ]
}

/** Milliseconds for the statements of all ids, over as many connections as the fleet uses. */
async function sendInParallel(server: MariaDb, ids: number, of: (id: number) => readonly string[]): Promise<number> {
  const began = performance.now()
  let next = 1
  const work = async () => {
    const connection = await connect(server)
    while (next <= ids) for (const statement of of(next++)) await connection.query(statement)
    await connection.end()
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  return performance.now() - began
}

function connect({ host, port, rootUser: user, rootPassword: password }: MariaDb): Promise<mysql.Connection> {
  return mysql.createConnection({ host, port, user, password })
}
