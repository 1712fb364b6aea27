import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import type { TestContext } from 'node:test'
import mysql from 'mysql2/promise'
import type { MysqlDatabaseConnection } from '../../../kernel/engines/contract.js'
import type { DumpFrame, DumpOptions, LoadReport } from '../../../kernel/engines/dump.js'
import { loadDump, openDump } from '../../../kernel/engines/open-dump.js'
import type { SharedMariaDb } from '../../support/mariadb.js'

/** Databases of a test, and a root connection to them. */
export class DumpFixture {
  private constructor(
    readonly server: SharedMariaDb,
    readonly root: mysql.Connection,
    readonly prefix: string,
  ) {}

  static async make(t: TestContext, server: SharedMariaDb): Promise<DumpFixture> {
    const { host, port, rootUser: user, rootPassword: password } = server
    const root = await mysql.createConnection({
      ...{ host, port, user, password, timezone: 'Z', charset: 'utf8mb4_unicode_ci' },
      multipleStatements: true,
    })
    const fixture = new DumpFixture(server, root, `d_${randomBytes(4).toString('hex')}`)
    t.after(async () => {
      const [rows] = await root.query('SHOW DATABASES')
      for (const { Database: name } of rows as { Database: string }[]) {
        if (name.startsWith(fixture.prefix)) await root.query(`DROP DATABASE \`${name}\``)
      }
      await root.query(`DROP USER IF EXISTS ${fixture.prefix}`)
      await root.end()
    })
    await root.query(`CREATE USER ${fixture.prefix} IDENTIFIED BY 'the user'`)
    for (const name of ['from', 'to']) {
      await root.query(`CREATE DATABASE ${fixture.name(name)} COLLATE utf8mb4_unicode_ci`)
      await root.query(`GRANT ALL PRIVILEGES ON ${fixture.name(name)}.* TO ${fixture.prefix}`)
    }
    return fixture
  }

  name(which: string): string {
    return `${this.prefix}_${which}`
  }

  /** As its own user, in the modes that a module works in unless `mode` says otherwise. */
  async run(which: string, sql: string, mode = ''): Promise<void> {
    const own = await this.own(which, { multipleStatements: true })
    try {
      await own.query(`SET sql_mode = '${mode}', time_zone = '+00:00'`)
      await own.query(sql)
    } finally {
      await own.end()
    }
  }

  async own(which: string, more: mysql.ConnectionOptions = {}): Promise<mysql.Connection> {
    const { host, port } = this.server
    const login = { host, port, user: this.prefix, password: 'the user', database: this.name(which) }
    return mysql.createConnection({ ...login, charset: 'utf8mb4_unicode_ci', timezone: 'Z', ...more })
  }

  connection(which: string): MysqlDatabaseConnection {
    const { host, port } = this.server
    return {
      kind: 'mysql',
      database: this.name(which),
      login: { host, port, user: this.prefix, password: 'the user' },
      collation: 'utf8mb4_unicode_ci',
      timeout: 5000,
      limits: { connections: 1, waitSeconds: 5, idleSeconds: 5 },
    }
  }

  async frames(which = 'from', more: Partial<DumpOptions> = {}) {
    const dump = await openDump(this.connection(which), { format: 'archive', withheld: {}, folder: tmpdir(), ...more })
    const frames: DumpFrame[] = []
    try {
      for await (const frame of dump.frames) frames.push(frame)
      return { frames, rows: dump.rows, warnings: dump.warnings }
    } finally {
      await dump.close()
    }
  }

  async load(frames: readonly DumpFrame[]): Promise<LoadReport> {
    async function* each(): AsyncGenerator<DumpFrame> {
      yield* frames
    }
    return loadDump(this.connection('to'), each())
  }

  /** Dumps, loads into the other database and compares all that tables are and hold. */
  async roundTrip(): Promise<LoadReport & { readonly frames: readonly DumpFrame[] }> {
    const { frames, rows, warnings } = await this.frames()
    assert.deepEqual(warnings, [])
    const loaded = await this.load(frames)
    assert.deepEqual([loaded.faults, loaded.rows], [[], rows])
    assert.deepEqual(await this.tables('to'), await this.tables('from'))
    return { ...loaded, frames }
  }

  /** Each view, trigger, routine and event: what makes it, but for when, by what client and in which database. */
  async objects(which: string): Promise<unknown> {
    const database = this.name(which)
    await this.root.query(`USE ${database}`)
    const [rows] = (await this.root.query(`
      SELECT 'VIEW' AS kind, TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${database}' UNION
      SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${database}' UNION
      SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '${database}' UNION
      SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '${database}' ORDER BY 1, 2`)) as unknown as [
      { kind: string; name: string }[],
    ]
    const found: unknown[] = []
    for (const { kind, name } of rows) {
      const [[shown]] = (await this.root.query(`SHOW CREATE ${kind} ${mysql.escapeId(name, true)}`)) as unknown as [
        Record<string, string>[],
      ]
      const { Created, character_set_client, ...made } = shown ?? {}
      found.push(JSON.parse(JSON.stringify(made).replaceAll(`${database}.`, '')))
    }
    return found
  }

  /** Each base table: what makes it, the server’s checksum over its rows, and the rows as the server shows them. */
  async tables(which: string): Promise<unknown> {
    await this.root.query(`USE ${this.name(which)}`)
    const [rows] = await this.root.query("SHOW FULL TABLES WHERE Table_type IN ('BASE TABLE', 'SEQUENCE')")
    const names = (rows as Record<string, string>[]).map((row) => Object.values(row)[0] as string).sort()
    const found: Record<string, unknown> = {}
    for (const name of names) {
      const quoted = mysql.escapeId(name, true)
      const [[created]] = (await this.root.query(`SHOW CREATE TABLE ${quoted}`)) as unknown as [
        Record<string, string>[],
      ]
      const [[checksum]] = (await this.root.query(`CHECKSUM TABLE ${quoted} EXTENDED`)) as unknown as [
        { Checksum: unknown }[],
      ]
      const [content] = await this.root.query({
        sql: `SELECT * FROM ${quoted}`,
        typeCast: (field) => field.buffer()?.toString('latin1') ?? null,
      })
      found[name] = { sql: created?.['Create Table'], checksum: checksum?.Checksum, content }
    }
    return found
  }
}
