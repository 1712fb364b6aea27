import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { suiteLimits } from './engine-fixture.js'
import { OpenGate } from './open-gate.js'

export interface SqliteFixture {
  readonly directory: string
  readonly engine: Engine
  /** Provisioned, with a table `items` of a unique name. */
  readonly database: Database
  /** The database's file. */
  readonly file: string
  open(name: string): Database
}

export const identity = (name: string) => ({ name, user: name, secret: '' })

/** An engine in a folder of its own; all of it is gone after the test. */
export async function makeSqlite(t: TestContext, waitSeconds = 2): Promise<SqliteFixture> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-sqlite-'))
  const directory = path.join(folder, 'data')
  const limits = { ...suiteLimits, connectionWaitSeconds: waitSeconds }
  const engine = createSqliteEngine({ directory, limits, gate: new OpenGate() })
  const opened: Database[] = []
  const open = (name: string) => {
    const database = engine.tenant(identity(name))
    opened.push(database)
    return database
  }
  t.after(async () => {
    await Promise.all(opened.map((database) => database.close()))
    await engine.close()
    await rm(folder, { recursive: true })
  })
  await engine.provision(identity('first'))
  const database = open('first')
  await database.session((session) =>
    session.execute('CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE)'),
  )
  return { directory, engine, database, file: path.join(directory, 'tenants', 'first.sqlite'), open }
}

/** A handle of the plain driver that has taken the write lock of the file. */
export function holdWriteLock(file: string): DatabaseSyncInstance {
  const handle = new DatabaseSync(file)
  handle.exec('BEGIN IMMEDIATE')
  return handle
}

/** Another process that has run `begin` on the file and keeps what it got until it is killed. */
export async function spawnHolder(file: string, begin: string): Promise<() => Promise<void>> {
  const driver = createRequire(import.meta.url).resolve('@photostructure/sqlite')
  const script = `
    const { DatabaseSync } = require(${JSON.stringify(driver)})
    const handle = new DatabaseSync(${JSON.stringify(file)})
    handle.exec(${JSON.stringify(begin)})
    process.stdout.write('held')
    setInterval(() => handle.isOpen, 1000)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

/** Counts turns of the event loop until it is stopped. */
export function countTurns(): () => number {
  let turns = 0
  let running = true
  const turn = () => {
    turns++
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    running = false
    return turns
  }
}
