import { type Fault, M3Error } from '../../../errors.js'
import type { Definition, DumpFrame } from '../../dump.js'
import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'
import { givenFrame, givenNumber } from './given-frames.js'
import { loading } from './load-failure.js'

/** Frames in one transaction: what a server keeps to take them back grows with it. */
const MOST_FRAMES = 32
/** ER_WARN_DATA_TRUNCATED: what the value '' of an ENUM that stands for a wrong one gives, as it is to be. */
const TRUNCATED = 1265
/** ER_WARN_ALLOWED_PACKET_OVERFLOWED: a value became NULL, for it is too long. */
const TOO_LONG = 1301
/** Bytes of a packet beside the statement. */
const PACKET_HEAD = 64

/** Runs the statements of a dump on an empty database. */
export class Loader {
  readonly tables: string[] = []
  readonly definitions: Definition[] = []
  readonly faults: Fault[] = []
  readonly #connection: MysqlConnection
  readonly #longestPacket: number
  readonly #enums = new Map<string, readonly string[]>()
  #frames = 0

  constructor(connection: MysqlConnection, longestPacket: number) {
    this.#connection = connection
    this.#longestPacket = longestPacket
  }

  async load(frames: AsyncIterable<DumpFrame>): Promise<void> {
    const iterator = frames[Symbol.asyncIterator]()
    let coming = iterator.next()
    try {
      for (;;) {
        const { done, value } = await coming
        if (done) break
        // The next one is read and unpacked while the server works on this one.
        coming = iterator.next()
        coming.catch(() => undefined)
        await this.#take(value)
      }
      await loading('the last rows', () => this.#connection.execute('COMMIT'))
    } finally {
      await iterator.return?.()
    }
  }

  async #take(frame: DumpFrame): Promise<void> {
    if (frame.body.length + PACKET_HEAD > this.#longestPacket) throw tooLong(String(frame.head.table))
    const given = givenFrame(frame)
    if ('definition' in given) {
      this.definitions.push(given.definition)
      return
    }
    const { kind, name, sql } = given
    await loading(name, async () => {
      const { warningStatus } = (await this.#connection.query(sql)) as { warningStatus?: number }
      if (kind === 'table') this.tables.push(name)
      if (kind === 'sequence') {
        await this.#connection.query(`SELECT SETVAL(${quote(name)}, ${givenNumber(frame.head.next)}, 0)`)
      }
      if (kind !== 'rows' && kind !== 'piece') return
      if (warningStatus !== 0) await this.#lookAtWarnings(name)
      this.#frames++
      if (this.#frames % MOST_FRAMES === 0) await this.#connection.execute('COMMIT')
    })
  }

  async #lookAtWarnings(table: string): Promise<void> {
    const warnings = await this.#connection.query<{ Code: number; Message: string }>('SHOW WARNINGS')
    if (warnings.some(({ Code }) => Code === TOO_LONG)) throw tooLong(table)
    const enums = await this.#enumsOf(table)
    const strange = warnings.find(
      ({ Code, Message }) => Code !== TRUNCATED || !enums.some((name) => Message.includes(`'${name}'`)),
    )
    if (strange) this.faults.push({ path: table, message: strange.Message })
  }

  async #enumsOf(table: string): Promise<readonly string[]> {
    const known = this.#enums.get(table)
    if (known) return known
    const rows = await this.#connection.select<{ name: string }>(
      `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND LOWER(DATA_TYPE) = 'enum'`,
      [table],
    )
    const enums = rows.map(({ name }) => name)
    this.#enums.set(table, enums)
    return enums
  }
}

function tooLong(table: string): M3Error {
  const message = `A value of ${table} is longer than this server takes: its max_allowed_packet must be as large as that of the server that the backup was made on`
  return new M3Error('BACKUP_INVALID', message)
}
