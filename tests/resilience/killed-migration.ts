import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { migrate } from '../../kernel/migrations/migrate.js'
import { comparable, kernelTables } from '../property/contents.js'
import { OPTIONS } from '../support/schemas.js'
import { type Death, engineAt, type Place } from './killed-migration-child.js'
import { declareAfter, EXPECTED } from './killed-migration-schemas.js'

const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'killed-migration-child.js')
/** Until a server has noticed that a client is gone, and is done with what it sent. */
const WAIT_SECONDS = 30

/** `prepare` makes the database at the place anew: of the first declaration, filled, ready to be migrated. */
export function killedMigrationSuite(place: () => Place, prepare: () => Promise<void>): void {
  test('a migration killed between any two of its statements, or in one, is taken up by the next one', async (t) => {
    await prepare()
    const whole = await migrateUntil(place(), { when: 'never', statement: 0 })
    assert.equal(whole.signal, null, whole.stdout)
    const statements = Number(/done (\d+)/.exec(whole.stdout)?.[1])
    assert.ok(statements > 10, whole.stdout)
    const schema = await converged(place(), 'not killed')
    // Only reading lies between: after one statement is before the next.
    const deaths = Array.from({ length: statements }, (_none, i): Death[] => [
      { when: 'before', statement: i + 1 },
      { when: 'while', statement: i + 1 },
    ]).flat()
    let killed = 0
    for (const death of [...deaths, { when: 'after', statement: statements } as const]) {
      await prepare()
      const { signal } = await migrateUntil(place(), death)
      if (signal === 'SIGKILL') killed++
      assert.deepEqual(await converged(place(), `killed ${death.when} statement ${death.statement}`), schema)
    }
    t.diagnostic(`${statements} statements, ${killed} kills`)
    // A fast statement, announced, may be over before the parent has heard of it, and the last one with the process.
    assert.ok(killed >= 2 * statements - 1, `only ${killed} kills`)
  })
}

/** Runs the migration in a process of its own, which dies. */
async function migrateUntil(place: Place, death: Death): Promise<{ signal: NodeJS.Signals | null; stdout: string }> {
  const process_ = spawn(process.execPath, [child, JSON.stringify(place), JSON.stringify(death)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (death.when === 'while' && !place.server) process_.stdout.once('data', () => process_.kill('SIGKILL'))
  const [stdout, [status, signal]] = await Promise.all([text(process_.stdout), once(process_, 'close')])
  assert.ok(signal === 'SIGKILL' || status === 0, `the migration failed by itself: ${status}`)
  return { signal: signal as NodeJS.Signals | null, stdout }
}

/** Migrates, and looks at what came of it. Returns the schema. */
async function converged(place: Place, what: string): Promise<unknown> {
  const engine = engineAt(place)
  const database = engine.tenant(place.identity)
  try {
    const declared = declareAfter()
    await migrate(database, engine, declared, { ...OPTIONS, waitSeconds: WAIT_SECONDS })
    await database.run("DELETE FROM m3saas_migrations WHERE kind = 'generated'")
    assert.deepEqual((await migrate(database, engine, declared, OPTIONS)).steps, [], `${what}: a second plan is empty`)
    for (const [table, rows] of Object.entries(EXPECTED)) {
      const key = table === 'countries' ? 'code' : 'id'
      const found = await database.select(`SELECT * FROM ${table} ORDER BY ${key}`)
      const wanted = rows.map((row) => inOrderOf(found[0], row))
      // Thousands of rows at each kill: a deep comparison takes longer than all the rest.
      if (JSON.stringify(found) === JSON.stringify(wanted)) continue
      assert.deepEqual(
        found.map((row) => ({ ...row })),
        wanted,
        `${what}: the rows of ${table}`,
      )
    }
    await nothingHalf(database, engine, what)
    return await database.session(async (session) => comparable(await engine.introspect(session)))
  } finally {
    await database.close()
    await engine.close()
  }
}

/** With its keys in the order of those found, so that equal rows are equal text. */
function inOrderOf(found: Record<string, unknown> = {}, row: Readonly<Record<string, unknown>>) {
  return Object.fromEntries([...Object.keys(found), ...Object.keys(row)].map((key) => [key, row[key]]))
}

async function nothingHalf(database: Database, engine: Engine, what: string): Promise<void> {
  const left = await database.session((session) => kernelTables(session, engine))
  for (const name of left) assert.match(name, /^m3saas_(?:migrations|schema)$/, `${what}: ${name} is left behind`)
}
