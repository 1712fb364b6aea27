import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { describe, test } from 'node:test'
import { createLog } from '../kernel/cli/create-log.js'
import { int, varchar } from '../kernel/contract/columns.js'
import { defineTable } from '../kernel/contract/define-table.js'
import { resolveTable } from '../kernel/contract/table-spec.js'
import { describeError } from '../kernel/describe-error.js'
import type { Database } from '../kernel/engines/contract.js'
import { M3Error } from '../kernel/errors.js'
import { Models } from '../kernel/tenants/models.js'
import { LENGTHS } from './engines/engine-fixture.js'
import { onBothEngines } from './support/fresh-databases.js'

const people = defineTable('people', { columns: { name: varchar(50).unique(), age: int() } })

/** Each leaves a value behind in its error: `hunter2`, in quotes of its own here and there. */
const mistakes: Record<string, (database: Database) => Promise<unknown>> = {
  'a model that breaks a unique index': (database) => peopleIn(database).create({ name: "hunter2 o'hara", age: 1 }),
  'rows in bulk that break it': (database) => peopleIn(database).bulkCreate([{ name: "hunter2 o'hara", age: 1 }]),
  'rows in bulk that are not valid': (database) =>
    peopleIn(database).bulkCreate([{ name: 'hunter2', age: 'hunter2' as unknown as number }]),
  'a row without what must be there': (database) => database.run('INSERT INTO people (name) VALUES (?)', ['hunter2']),
  'a statement that breaks a unique index': (database) =>
    database.run('INSERT INTO people (name, age) VALUES (?, 1)', ["hunter2 o'hara"]),
  'a value of a wrong type': (database) => database.run("INSERT INTO people (name, age) VALUES ('b', ?)", ['hunter2']),
  'a query of the model library': (database) =>
    database.sequelize().query('SELEC * FROM people WHERE name = :name', { replacements: { name: 'hunter2' } }),
  'a failure of the kernel with a reason': async (database) => {
    try {
      await peopleIn(database).create({ name: "hunter2 o'hara", age: 1 })
    } catch (error) {
      throw new M3Error('SEED_REFUSED', 'The seeds are refused', { cause: error })
    }
  },
}

function peopleIn(database: Database) {
  return new Models(database, LENGTHS, new Map([['people', people]]), new Map()).table(people)
}

await onBothEngines('described', (databases) => {
  for (const [name, mistake] of Object.entries(mistakes)) {
    test(`the log shows no value bound to a statement: ${name}`, async () => {
      const database = await databases.create()
      await database.session(async (session) => {
        const statements = databases.engine.ddl.createTable(resolveTable(people, LENGTHS, false))
        for (const statement of statements) await session.execute(statement)
      })
      await peopleIn(database).create({ name: "hunter2 o'hara", age: 1 })
      const error = await mistake(database).then(
        () => assert.fail('it did not fail'),
        (reason: unknown) => reason,
      )
      const { log, lines } = logInMemory()
      log.error({ err: error }, 'it failed')
      log.child({ tenant: 1 }).error(error)
      assert.equal(lines.length, 2)
      for (const line of lines) {
        assert.ok(!line.includes('hunter2'), line)
        const { err } = JSON.parse(line) as { err: { type: string; stack: string } }
        assert.ok(err.type.endsWith('Error') && err.stack.includes('\n'), line)
      }
    })
  }
})

describe('an error in the log', () => {
  test('has its code, its faults and the errors that caused it', () => {
    const driver = Object.assign(new Error('no such column: x'), { code: 'SQLITE_ERROR', sql: 'SELECT x' })
    const faults = [{ path: 'a', message: 'is wrong' }]
    const { stack, cause, ...rest } = describeError(
      new M3Error('SEED_REFUSED', 'refused', { faults, cause: driver }),
    ) as { stack: string; cause: { stack: string } }
    assert.deepEqual(rest, { type: 'M3Error', message: 'refused', code: 'SEED_REFUSED', faults })
    assert.match(stack, /describe-error\.test/)
    assert.deepEqual(
      { ...cause, stack: '' },
      { type: 'Error', message: 'no such column: x', code: 'SQLITE_ERROR', stack: '' },
    )
  })

  test('may be the cause of itself', () => {
    const error = new Error('round and round')
    error.cause = error
    assert.match(JSON.stringify(describeError(error)), /round and round/)
  })

  test('may be no error at all', () => {
    assert.deepEqual(describeError('just text'), { type: 'string', message: 'just text' })
  })
})

function logInMemory() {
  const lines: string[] = []
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const none = () => {}
  const terminal = {
    env: {},
    cwd: '/',
    stdin: Readable.from([]),
    stdout: stderr,
    stderr,
    onSignal: () => none,
    onUncaught: none,
    exit: none,
  }
  return { log: createLog(terminal, 'info'), lines }
}
