import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import mysql from 'mysql2/promise'
import type { Engine, RestoreTarget, SwapHooks, TenantIdentity } from '../../../kernel/engines/contract.js'
import { restoreNames, restoreUser } from '../../../kernel/engines/mysql/identifiers.js'
import { loadDump, openDump } from '../../../kernel/engines/open-dump.js'
import type { Ending } from '../../support/ending.js'
import type { SharedMariaDb } from '../../support/mariadb.js'
import { mysqlEngineOn } from '../../support/mysql-engine.js'

/** A database with what a migration can make by hand; `mark` tells two of them apart. */
const schema = (mark: string) => `
CREATE TABLE hens (id INT PRIMARY KEY, egg INT, mate INT, CONSTRAINT mates FOREIGN KEY (mate) REFERENCES hens (id), mark VARCHAR(9) DEFAULT '${mark}', FULLTEXT KEY (mark));
CREATE TABLE eggs (id INT PRIMARY KEY, hen INT, CONSTRAINT of_${mark} FOREIGN KEY (hen) REFERENCES hens (id));
ALTER TABLE hens ADD CONSTRAINT from_${mark} FOREIGN KEY (egg) REFERENCES eggs (id);
CREATE TABLE only_${mark} (id INT PRIMARY KEY, born DATE) PARTITION BY HASH (id) PARTITIONS 2;
CREATE SEQUENCE numbers_${mark};
CREATE FUNCTION plus(n INT) RETURNS INT DETERMINISTIC RETURN n + 1;
CREATE VIEW z_base AS SELECT id, mark FROM hens;
CREATE VIEW a_top AS SELECT plus(id) AS next, mark, '${mark}' AS made FROM z_base;
CREATE TRIGGER marks BEFORE INSERT ON hens FOR EACH ROW SET NEW.mark = CONCAT('${mark}', NEW.id);
CREATE EVENT tidy ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM only_${mark};
INSERT INTO hens (id) VALUES (1), (2); INSERT INTO eggs VALUES (1, 1); UPDATE hens SET egg = 1 WHERE id = 1;
INSERT INTO only_${mark} VALUES (1, NULL)`

/** Two tenants: `live` holds the old database, `source` the one that is to take its place. */
export class RestoreFixture {
  constructor(
    readonly server: SharedMariaDb,
    readonly catalog: string,
    readonly live: TenantIdentity,
    readonly source: TenantIdentity,
    /** Whose place the source takes. */
    readonly target: RestoreTarget = live,
  ) {}

  static async make(t: Ending, server: SharedMariaDb, name?: string): Promise<RestoreFixture> {
    const run = randomBytes(4).toString('hex')
    const identity = (which: string): TenantIdentity => ({
      name: which,
      user: `${run}u${which}`.replace(/^\d/, 'u').slice(0, 32),
      secret: 'a Stored secret 1',
    })
    const fixture = new RestoreFixture(server, `c_${run}`, identity(name ?? `r_${run}`), identity(`s_${run}`))
    const engine = fixture.engine()
    await engine.provisionCatalog()
    await engine.provision(fixture.live)
    await engine.provision(fixture.source)
    await fixture.as(fixture.live, schema('old'))
    await fixture.as(fixture.source, schema('new'))
    t.after(async () => {
      for (const each of [fixture.live, fixture.source]) await fixture.drop(each)
      await fixture.root(`DROP DATABASE IF EXISTS ${fixture.catalog}`)
      await engine.close()
    })
    return fixture
  }

  /** The same, but that the old one is to take the place of the new one. */
  async reversed(t: Ending): Promise<RestoreFixture> {
    const source = { ...this.source, name: `${this.source.name}_o`, user: `${this.source.user}_o` }
    await this.engine().provision(source)
    await this.as(source, schema('old'))
    t.after(() => this.drop(source))
    return new RestoreFixture(this.server, this.catalog, this.live, source)
  }

  private async drop({ name, user }: TenantIdentity): Promise<void> {
    await this.root(`DROP DATABASE IF EXISTS ${name}`)
    await this.root(`DROP USER IF EXISTS ${user}`)
  }

  engine(): Engine {
    return mysqlEngineOn(this.server, this.catalog)
  }

  /** Loads the source and swaps. */
  async restore(
    hooks: SwapHooks,
    engine = this.engine(),
    change: (rows: Record<string, number>) => object = (rows) => rows,
  ): Promise<void> {
    await engine.restore(this.target, 0, async (staging) => {
      const dump = await openDump(engine.connectionOf(this.source), {
        format: 'archive',
        withheld: {},
        folder: tmpdir(),
      })
      try {
        const loaded = await loadDump(staging.connection, dump.frames)
        await staging.swap({ ...loaded, rows: change({ ...loaded.rows }) as Record<string, number> }, hooks)
      } finally {
        await dump.close()
      }
    })
  }

  async root<R = Record<string, unknown>>(sql: string): Promise<R[]> {
    const { host, port, rootUser: user, rootPassword: password } = this.server
    const connection = await mysql.createConnection({ host, port, user, password })
    try {
      return (await connection.query(sql))[0] as R[]
    } finally {
      await connection.end()
    }
  }

  async as(identity: TenantIdentity, sql: string): Promise<unknown> {
    const { login, database } = this.engine().connectionOf(identity) as {
      login: mysql.ConnectionOptions
      database: string
    }
    const connection = await mysql.createConnection({ ...login, database, multipleStatements: true })
    try {
      return (await connection.query(sql))[0]
    } finally {
      await connection.end()
    }
  }

  /** All of the live database as its own user sees and uses it: `old` or `new`, or what is mixed in it. */
  async state(): Promise<string> {
    const { name, user } = this.live
    const answers = (await this.as(
      this.live,
      `SELECT made FROM a_top; SELECT mark FROM hens ORDER BY id; SELECT COUNT(*) AS eggs FROM eggs;
       START TRANSACTION; INSERT INTO hens (id) VALUES (9); SELECT mark FROM z_base WHERE id = 9; ROLLBACK;
       SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${name}' ORDER BY 1;
       SELECT CONSTRAINT_NAME AS name, REFERENCED_TABLE_SCHEMA AS target FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = '${name}' AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1;
       SELECT EVENT_NAME AS name, EVENT_DEFINITION AS body, DEFINER AS definer FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '${name}';
       SELECT DISTINCT DEFINER AS definer FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${name}' UNION SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${name}' UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '${name}'`,
    )) as readonly unknown[]
    // What a statement without rows answers says nothing here.
    const text = JSON.stringify(answers.filter((answer) => Array.isArray(answer)))
    for (const mark of ['old', 'new']) if (text === JSON.stringify(expectedState(mark, name, user))) return mark
    return text
  }

  /** What is left of a restore on the server, and rights of the tenant that differ. Others use the same server. */
  async leftovers(database = this.live.name): Promise<unknown> {
    const names = Object.values(restoreNames(database)).map((name) => `'${name}'`)
    const databases = await this.root(
      `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${names})`,
    )
    const users = await this.root(`SELECT User AS name FROM mysql.user WHERE User = '${restoreUser(database)}'`)
    const grants = await this.root<Record<string, string>>(`SHOW GRANTS FOR ${this.live.user}`)
    const rights = grants.flatMap((row) => Object.values(row)).filter((line) => !line.startsWith('GRANT USAGE'))
    return { databases, users, rights: rights.map((line) => line.replace(/ TO .*/, '')) }
  }

  /** The names of what a database holds that is read by others or does something by itself. */
  async definedIn(database: string): Promise<readonly string[]> {
    const rows = await this.root<{ name: string }>(
      `SELECT TABLE_NAME AS name FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${database}' UNION ALL
       SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '${database}' UNION ALL
       SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '${database}' ORDER BY 1`,
    )
    return rows.map(({ name }) => name)
  }

  get nothingLeft(): unknown {
    const escaped = this.live.name.replaceAll('_', '\\_')
    return { databases: [], users: [], rights: [`GRANT ALL PRIVILEGES ON \`${escaped}\`.*`] }
  }
}

function expectedState(mark: string, name: string, user: string): unknown {
  const definer = `${user}@%`
  return [
    [{ made: mark }, { made: mark }],
    [{ mark: `${mark}1` }, { mark: `${mark}2` }],
    [{ eggs: 1 }],
    [{ mark: `${mark}9` }],
    ['a_top', 'eggs', 'hens', `numbers_${mark}`, `only_${mark}`, 'z_base'].map((each) => ({ name: each })),
    [
      { name: `from_${mark}`, target: name },
      { name: 'mates', target: name },
      { name: `of_${mark}`, target: name },
    ],
    [{ name: 'tidy', body: `DELETE FROM only_${mark}`, definer }],
    [{ definer }],
  ]
}
