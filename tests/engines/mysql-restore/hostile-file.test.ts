import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Definition, DumpFrame } from '../../../kernel/engines/dump.js'
import { loadDump } from '../../../kernel/engines/open-dump.js'
import type { M3Error } from '../../../kernel/errors.js'
import { withMariaDb } from '../../support/mariadb.js'
import { RestoreFixture } from './restore-fixture.js'

const placed = async () => {}

async function* framesOf(frames: readonly (readonly [head: object, sql: string])[]): AsyncGenerator<DumpFrame> {
  for (const [head, sql] of frames) yield { head: { units: 0, ...head } as DumpFrame['head'], body: Buffer.from(sql) }
}

const definitionFrame = (kind: Definition['kind'], name: string, sql: string) =>
  [{ kind: 'definition', definition: { kind, name } }, sql] as const

await withMariaDb('what a hostile file reaches', (server) => {
  const countOf = async (fixture: RestoreFixture, sql: string) =>
    Number((await fixture.root<{ n: unknown }>(sql))[0]?.n)

  test('a table that is named like the journal of a restore is none', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    const victim = fixture.catalog
    const journal = {
      direction: 'back',
      formerTables: [],
      newTables: [],
      formerDefinitions: [{ kind: 'view', name: 'v', sql: `CREATE TABLE ${victim}.intruder (id INT)` }],
      newDefinitions: [],
      newRows: {},
    }
    const table = '`m3saas_restore`'
    const frames = framesOf([
      [{ kind: 'table', name: 'm3saas_restore' }, `CREATE TABLE ${table} (number INT PRIMARY KEY, content LONGTEXT)`],
      [
        { kind: 'rows', table: 'm3saas_restore' },
        `INSERT INTO ${table} (number, content) VALUES (0, '${JSON.stringify(journal)}')`,
      ],
    ])
    await engine.restore(fixture.live, 0, (staging) => loadDump(staging.connection, frames)).catch(() => undefined)
    assert.equal(
      await countOf(
        fixture,
        `SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${victim}' AND TABLE_NAME = 'intruder'`,
      ),
      0,
    )
    assert.equal(await fixture.state(), 'old')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })

  test('no code of a file, and none of a tenant, runs by the rights of root', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    const log = `${fixture.catalog}.written`
    await fixture.root(`CREATE TABLE ${log} (id INT)`)
    const code = (name: string): readonly (readonly [Definition['kind'], string, string])[] => [
      [
        'function',
        `f_${name}`,
        `CREATE FUNCTION \`f_${name}\`() RETURNS INT DETERMINISTIC MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN INSERT INTO ${log} VALUES (1); RETURN 1; END`,
      ],
      [
        'view',
        `v_${name}`,
        `CREATE ALGORITHM=TEMPTABLE SQL SECURITY INVOKER VIEW \`v_${name}\` AS SELECT \`f_${name}\`() AS \`a\``,
      ],
      [
        'view',
        `w_${name}`,
        `CREATE SQL SECURITY INVOKER VIEW \`w_${name}\` AS SELECT 1 AS \`a\` FROM (SELECT \`f_${name}\`() AS \`b\`) \`d\` WHERE \`d\`.\`b\` = 1`,
      ],
    ]
    for (const [, , sql] of code('old')) await fixture.as(fixture.live, sql)
    const frames = framesOf(code('new').map((each) => definitionFrame(...each)))
    await engine.restore(fixture.live, 0, async (staging) => {
      const loaded = await loadDump(staging.connection, frames)
      await staging.swap({ ...loaded, faults: [] }, { placed })
    })
    assert.equal(await countOf(fixture, `SELECT COUNT(*) AS n FROM ${log}`), 0)
  })

  test('a trigger is made on no table of another database, tried out or not', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    await fixture.root(`CREATE TABLE ${fixture.catalog}.victim (id INT)`)
    for (const where of [`${fixture.catalog}.victim`, `/* a */ \`${fixture.catalog}\` /* b */ . victim`]) {
      for (const name of ['t', `${fixture.catalog}.t`, `/* a */ ${fixture.catalog}.t`]) {
        const sql = `CREATE TRIGGER ${name} BEFORE INSERT ON ${where} FOR EACH ROW SET @a = 1`
        const definitions = [{ kind: 'trigger', name: 't', sql } as const]
        // As of a server with a binary log, where the account that loads may make none.
        const restored = engine.restore(fixture.live, 0, (staging) =>
          staging.swap({ rows: {}, faults: [], warnings: [], definitions }, { placed }),
        )
        await assert.rejects(restored, { code: 'BACKUP_INVALID' }, sql)
      }
    }
    assert.equal(
      await countOf(
        fixture,
        `SELECT COUNT(*) AS n FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${fixture.catalog}'`,
      ),
      0,
    )
    assert.equal(await fixture.state(), 'old')
  })

  test('statements of the file reach nothing but the database that is loaded', async (t) => {
    const fixture = await RestoreFixture.make(t, server)
    const engine = fixture.engine()
    for (const sql of [
      `DROP DATABASE ${fixture.live.name}`,
      `CREATE TABLE ${fixture.live.name}.intruder (id INT)`,
      `CREATE TABLE ${fixture.catalog}.intruder (id INT)`,
      'CREATE USER intruder',
      `CREATE TABLE \`t\` (id INT) AS SELECT * FROM ${fixture.live.name}.hens`,
    ]) {
      async function* frames() {
        yield { head: { kind: 'table', name: 't', units: 0 }, body: Buffer.from(sql) }
      }
      const restored = engine.restore(fixture.live, 0, (staging) => loadDump(staging.connection, frames()))
      await assert.rejects(restored, { code: 'BACKUP_INVALID', message: /denied|no such statement/ }, sql)
    }
    for (const sql of [
      'DROP DATABASE x',
      'CREATE VIEW v AS SELECT 1; DROP TABLE x',
      'CREATE /*x*/ DEFINER=root VIEW v AS SELECT 1',
    ]) {
      const definitions = [{ kind: 'view', name: 'v', sql } as const]
      const restored = engine.restore(fixture.live, 0, (staging) =>
        staging.swap({ rows: {}, faults: [], warnings: [], definitions }, { placed: async () => {} }),
      )
      await assert.rejects(restored, (error: M3Error) => ['BACKUP_INVALID', 'RESTORE_FAILED'].includes(error.code), sql)
    }
    assert.equal(await fixture.state(), 'old')
    assert.deepEqual(await fixture.leftovers(), fixture.nothingLeft)
  })
})
