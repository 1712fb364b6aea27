import type { Session } from '../../engines/contract.js'
import { isMissingTable } from '../missing-table.js'
import type { SchemaRecord } from './schema-record.js'

const TABLE = 'm3saas_schema'

/** Types that both engines know: MySQL's TEXT would be too short. */
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (id INT NOT NULL PRIMARY KEY, content LONGTEXT NOT NULL)`

/** To be raised when the form of the record changes. One of another form counts as none: then nothing is dropped. */
const FORMAT = 1

/** The record of a database, in its only row. Writing needs the migration lock. */
export class StoredRecord {
  /** As it was read: databases that were migrated alike have the same. */
  readonly text: string | undefined
  #text: string | undefined
  #record: SchemaRecord | undefined
  #hasTable: boolean

  private constructor(text: string | undefined, hasTable: boolean) {
    this.text = text
    this.#text = text
    this.#hasTable = hasTable
  }

  get record(): SchemaRecord | undefined {
    if (this.text !== undefined) this.#record ??= parse(this.text)
    return this.#record
  }

  /** One query; there is none where no migration wrote one. */
  static async read(session: Pick<Session, 'ask'>): Promise<StoredRecord> {
    try {
      const [row] = await session.ask<{ content: string }>(`SELECT content FROM ${TABLE} WHERE id = 1`)
      return new StoredRecord(row?.content, true)
    } catch (error) {
      if (isMissingTable(error, TABLE)) return new StoredRecord(undefined, false)
      throw error
    }
  }

  /** No statement where it says so already. */
  async write(session: Pick<Session, 'run' | 'execute'>, record: SchemaRecord): Promise<void> {
    const text = toText(record)
    if (text === this.#text) return
    if (!this.#hasTable) await session.execute(CREATE)
    this.#hasTable = true
    const sql =
      this.#text === undefined
        ? `INSERT INTO ${TABLE} (content, id) VALUES (?, 1)`
        : `UPDATE ${TABLE} SET content = ? WHERE id = 1`
    await session.run(sql, [text])
    this.#text = text
  }
}

/** In ASCII: the database may have any character set. */
function toText(record: SchemaRecord): string {
  const known = texts.get(record)
  if (known !== undefined) return known
  const json = JSON.stringify({ format: FORMAT, ...record })
  const text = json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  texts.set(record, text)
  return text
}

/** Databases that are migrated alike share a record. */
const texts = new WeakMap<SchemaRecord, string>()

function parse(text: string): SchemaRecord | undefined {
  const { format, ...record } = JSON.parse(text) as SchemaRecord & { format: unknown }
  return format === FORMAT ? record : undefined
}
