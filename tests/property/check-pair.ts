import assert from 'node:assert/strict'
import type { Database, Engine, Session } from '../../kernel/engines/contract.js'
import { M3Error } from '../../kernel/errors.js'
import type { DeclaredSchema } from '../../kernel/migrations/declared/declared-schema.js'
import { type MigrationReport, migrate } from '../../kernel/migrations/migrate.js'
import { reportPlan } from '../../kernel/migrations/plan-report.js'
import { OPTIONS } from '../support/schemas.js'
import { comparable, insertRows, kernelTables, makeFromScratch, readRows } from './contents.js'
import { type Expected, expectOutcome, type Outcome, SOME } from './outcome.js'
import type { Pair } from './pair.js'
import { type Row, type Table, tableOf, type World } from './world.js'

/**
 * Migrates an empty database through the pair with its rows in between, and holds what came of it against the model.
 * Throws what is wrong; says whether it was migrated or, for a reason that the model knows, refused.
 */
export async function checkPair(database: Database, engine: Engine, pair: Pair): Promise<'migrated' | 'refused'> {
  await told(migrate(database, engine, pair.declaredBefore, OPTIONS))
  await database.session((session) => insertRows(session, engine, pair.before, pair.rows))
  const before = await stateOf(database, engine, pair.before)
  sameRows(pair.before, before.rows, pair.rows, 'as inserted')
  const outcome = expectOutcome(engine.kind, pair.before, pair.after, pair.rows)
  const declared = pair.declaredAfter
  const refusal = await refusalOf(migrate(database, engine, declared, OPTIONS))
  if (refusal) {
    explained(refusal, outcome, pair)
    assert.deepEqual(await stateOf(database, engine, pair.before), before, 'refused, the database is as it was')
    return 'refused'
  }
  const certain = outcome.reasons.filter((reason) => reason.certain)
  const reasons = certain.map(({ table, columns, why }) => `${table.name}.${columns.map(({ name }) => name)} ${why}`)
  assert.deepEqual(reasons, [], 'it should have been refused')
  const after = await stateOf(database, engine, pair.after)
  sameRows(pair.after, after.rows, outcome.rows, 'after the migration')
  await sameAsFromScratch(engine, after.schema, declared)
  await database.session((session) => intact(session, engine))
  await nothingLeftToDo(database, engine, declared)
  await database.session((session) => nothingHalfMade(session, engine))
  return 'migrated'
}

async function stateOf(database: Database, engine: Engine, world: World) {
  return database.session(async (session) => {
    const rows = new Map<number, readonly Row[]>()
    for (const table of world.tables) rows.set(table.id, await readRows(session, engine, table))
    return { rows, schema: comparable(await engine.introspect(session)) }
  })
}

/** Undefined: it went through. Any error but a refusal is thrown. */
async function refusalOf(migration: Promise<MigrationReport>): Promise<M3Error | undefined> {
  try {
    await told(migration)
    return undefined
  } catch (error) {
    if (error instanceof M3Error && error.code === 'MIGRATION_REFUSED') return error
    throw error
  }
}

/** The message of an error does not say what the database said. */
async function told<T>(migration: Promise<T>): Promise<T> {
  try {
    return await migration
  } catch (error) {
    const { code, cause } = error as { code?: unknown; cause?: unknown }
    if (code === 'MIGRATION_REFUSED' || !cause) throw error
    throw new Error(`${String(error)}: ${String(cause)}`, { cause: error })
  }
}

/** Each fault names a table and a column that the model has a reason for. */
function explained({ faults }: M3Error, { reasons }: Outcome, pair: Pair): void {
  assert.ok(faults.length > 0, 'a refusal says why')
  for (const { path, message } of faults) {
    const known = reasons.some(({ table }) =>
      [table.name, tableOf(pair.before, table.id)?.name].some((name) => path.split('.')[0] === name),
    )
    const foreseen = reasons.map(({ table, columns, why }) => `${table.name}.${columns.map((c) => c.name)} ${why}`)
    assert.ok(known, `refused for no reason: ${path}: ${message}; foreseen: ${foreseen.join('; ') || 'nothing'}`)
  }
}

function sameRows(
  world: World,
  live: ReadonlyMap<number, readonly Row[]>,
  expected: ReadonlyMap<number, readonly Expected[]>,
  when: string,
): void {
  for (const table of world.tables) {
    const wanted = expected.get(table.id) ?? []
    const open = new Set(table.columns.flatMap(({ id }) => (wanted.some((row) => row.get(id) === SOME) ? [id] : [])))
    const actual = (live.get(table.id) ?? []).map((row) => rowText(table, row, open)).sort()
    assert.deepEqual(actual, wanted.map((row) => rowText(table, row, open)).sort(), `rows of ${table.name} ${when}`)
  }
}

/** Of an open column only whether there is a value. */
function rowText(table: Table, row: Expected, open: ReadonlySet<number>): string {
  const cells = table.columns.map(({ id, name }) => {
    const value = row.get(id) ?? null
    return `${name}=${value === null ? 'NULL' : open.has(id) ? 'something' : JSON.stringify(String(value))}`
  })
  return cells.join(' ')
}

async function sameAsFromScratch(engine: Engine, live: unknown, declared: DeclaredSchema): Promise<void> {
  const scratch = await engine.scratch(async (session) => {
    await makeFromScratch(session, engine, declared)
    return engine.introspect(session)
  })
  assert.deepEqual(live, comparable(scratch), 'the schema is that of a database made from scratch')
}

async function intact(session: Session, engine: Engine): Promise<void> {
  if (engine.kind !== 'sqlite') return
  assert.deepEqual(await session.select('PRAGMA foreign_key_check'), [])
  const [checked] = await session.select<{ integrity_check: string }>('PRAGMA integrity_check')
  assert.equal(checked?.integrity_check, 'ok')
}

/** Neither by the record, nor by a plan, nor compared anew. */
async function nothingLeftToDo(database: Database, engine: Engine, declared: DeclaredSchema): Promise<void> {
  assert.deepEqual((await migrate(database, engine, declared, OPTIONS)).upToDate, true)
  const { steps, refusals, drift } = await reportPlan(database, engine, declared, OPTIONS)
  assert.deepEqual([steps, refusals, drift], [[], [], []], 'a plan is empty, and nothing has drifted')
  await database.run("DELETE FROM m3saas_migrations WHERE kind = 'generated'")
  const again = await migrate(database, engine, declared, OPTIONS)
  assert.deepEqual(again.steps, [], 'a second plan is empty')
}

async function nothingHalfMade(session: Session, engine: Engine): Promise<void> {
  const left = await kernelTables(session, engine)
  assert.deepEqual(
    left.filter((name) => /^m3saas_(?!migrations$|schema$)/.test(name)),
    [],
    'nothing half made is left',
  )
}
