import { type Fault, M3Error, messageOf } from '../../../errors.js'
import type { MysqlDatabaseConnection } from '../../contract.js'
import type { Definition, DumpFrame, LoadReport } from '../../dump.js'
import { type MysqlConnection, openMysql } from '../connection.js'
import { errnoOf } from '../failures.js'
import { quote } from '../identifiers.js'
import { insertValues } from './load-values.js'
import { lookAtTables } from './look-at-tables.js'
import { tryDefinitions } from './try-definitions.js'

/** As a dump was made, and nothing checked that is checked at the end. */
const SETTINGS = `SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION', foreign_key_checks = 0,
  unique_checks = 0, autocommit = 0, net_read_timeout = 3600`
/** Frames in one transaction: what a server keeps to take them back grows with it. */
const MOST_FRAMES = 64
/** 1265: what a member '' of an ENUM that stands for a wrong value gives, as it is to be. */
const FAITHFUL_WARNINGS = [1265]
const PACKET_TOO_LARGE = [1153, 1301, 4031]

/**
 * Loads the frames into the database of the connection, looks at it, and leaves nothing in it but tables: what reads them
 * is tried out and told of.
 */
export async function loadMysqlDump(
  connection: MysqlDatabaseConnection,
  frames: AsyncIterable<DumpFrame>,
): Promise<LoadReport> {
  const { database, login, collation, timeout } = connection
  const open = await openMysql({ ...login, database }, { collation, timeout })
  try {
    await open.execute(SETTINGS)
    const loader = new Loader(open)
    await loader.load(frames)
    const { rows, warnings } = await lookAtTables(open, loader.tables)
    const tried = await tryDefinitions(open, loader.definitions)
    return {
      rows,
      warnings: [...warnings, ...tried.warnings],
      faults: [...loader.faults, ...tried.faults],
      definitions: tried.definitions,
    }
  } finally {
    await open.close()
  }
}

class Loader {
  readonly tables: string[] = []
  readonly definitions: Definition[] = []
  readonly faults: Fault[] = []
  readonly #connection: MysqlConnection
  #frames = 0

  constructor(connection: MysqlConnection) {
    this.#connection = connection
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
      await this.#connection.execute('COMMIT')
    } finally {
      await iterator.return?.()
    }
  }

  async #take({ head, body }: DumpFrame): Promise<void> {
    const name = String(head.table ?? head.name)
    switch (head.kind) {
      case 'table':
        await this.#run(name, () => this.#connection.execute(textOf(body)))
        this.tables.push(name)
        return
      case 'sequence':
        await this.#run(name, async () => {
          await this.#connection.execute(textOf(body))
          await this.#connection.query(`SELECT SETVAL(${quote(name)}, ${digits(head.next)}, 0)`)
        })
        return
      case 'rows':
        await this.#run(name, () => this.#connection.execute(textOf(body)))
        return this.#loaded(name)
      case 'values':
        await this.#run(name, () => insertValues(this.#connection, name, head.columns, body))
        return this.#loaded(name)
      case 'definition':
        this.definitions.push(definitionOf(head.definition, textOf(body)))
        return
      default:
        throw new M3Error('BACKUP_INVALID', `The backup has a part that this version does not know: ${head.kind}`)
    }
  }

  async #loaded(table: string): Promise<void> {
    const warnings = await this.#connection.query<{ Code: number; Message: string }>('SHOW WARNINGS LIMIT 5')
    for (const { Code, Message } of warnings) {
      if (!FAITHFUL_WARNINGS.includes(Code)) this.faults.push({ path: table, message: Message })
    }
    this.#frames++
    if (this.#frames % MOST_FRAMES === 0) await this.#connection.execute('COMMIT')
  }

  /** What the server refuses is the file’s fault, unless the server is gone. */
  async #run(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (error instanceof M3Error) throw error
      const hint = PACKET_TOO_LARGE.includes(errnoOf(error))
        ? ': a row is longer than max_allowed_packet of this server, which must be as large as where the backup was made'
        : ''
      throw new M3Error(
        'BACKUP_INVALID',
        `The server does not take ${what} as it was backed up: ${messageOf(error)}${hint}`,
        {
          cause: error,
        },
      )
    }
  }
}

const KINDS = new Set(['view', 'trigger', 'procedure', 'function', 'event'])

function definitionOf(given: unknown, sql: string): Definition {
  const { kind, name, unreadable, ...settings } = (given ?? {}) as Record<string, unknown>
  const isText = Object.values(settings).every((value) => typeof value === 'string')
  if (typeof kind !== 'string' || !KINDS.has(kind) || typeof name !== 'string' || !isText) {
    throw new M3Error('BACKUP_INVALID', 'The backup has a definition that does not tell what it is')
  }
  return { kind, name, sql, ...settings, ...(unreadable === true ? { unreadable } : {}) } as Definition
}

function digits(value: unknown): string {
  const text = String(value)
  if (!/^-?\d{1,20}$/.test(text))
    throw new M3Error('BACKUP_INVALID', 'The backup has a sequence without its next value')
  return text
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
}
