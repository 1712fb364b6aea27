import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { TableSpec } from '../../kernel/contract/table-spec.js'
import type { Session } from '../../kernel/engines/contract.js'
import type { LiveSchema } from '../../kernel/engines/live-schema.js'
import { alterTables, comparable, declaredLive } from './sqlite-changes.js'
import { makeSqlite, type SqliteFixture } from './sqlite-fixture.js'

/** A SQLite file with tables that are changed. */
export class SqliteFamily {
  constructor(
    readonly fixture: SqliteFixture,
    /** As declared before. */
    readonly tables: readonly TableSpec[],
  ) {}

  static async make(t: TestContext, ...tables: readonly TableSpec[]): Promise<SqliteFamily> {
    const family = new SqliteFamily(await makeSqlite(t), tables)
    await family.execute('DROP TABLE items', ...tables.flatMap((table) => family.fixture.engine.ddl.createTable(table)))
    return family
  }

  execute(...statements: readonly string[]): Promise<void> {
    return this.session(async (session) => {
      for (const statement of statements) await session.execute(statement)
    })
  }

  select(sql: string): Promise<Record<string, unknown>[]> {
    return this.fixture.database.select(sql)
  }

  session<T>(fn: (session: Session) => Promise<T>): Promise<T> {
    return this.fixture.database.session(fn)
  }

  introspect(): Promise<LiveSchema> {
    return this.session((session) => this.fixture.engine.introspect(session))
  }

  /** To these declarations of tables that are there. Gives the statements. */
  alter(tables: readonly TableSpec[], staying: readonly string[] = []): Promise<string[]> {
    return this.session((session) => alterTables(this.fixture.engine, session, this.tables, tables, staying))
  }

  /** `names` are as declared, no row refers to nothing, the file is sound and its foreign keys are enforced. */
  async expectSound(tables: readonly TableSpec[], names = tables.map(({ name }) => name)): Promise<void> {
    const wanted = await declaredLive(this.fixture.engine, tables)
    const live = await this.introspect()
    for (const name of names) assert.deepEqual(comparable(live.tables[name]), comparable(wanted[name]), name)
    assert.deepEqual(await this.select('PRAGMA foreign_key_check'), [])
    assert.deepEqual(await this.select('PRAGMA integrity_check'), [{ integrity_check: 'ok' }])
    assert.deepEqual(await this.select('PRAGMA foreign_keys'), [{ foreign_keys: 1 }])
    assert.deepEqual(await this.select('PRAGMA legacy_alter_table'), [{ legacy_alter_table: 0 }])
    assert.deepEqual(await this.select(`SELECT name FROM sqlite_master WHERE name LIKE '%m3saas%'`), [])
  }
}
