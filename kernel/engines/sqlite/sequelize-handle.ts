import type { BoundParameters, Outcome } from './statements.js'
import { type BoundValue, toBound } from './values.js'

/** What runs the statements of the handle. */
interface Performer {
  perform(sql: string, parameters: BoundParameters): Promise<Outcome>
}

/** Sequelize recognises the receiver of a callback by the name of its class, and reads these two from it. */
class Statement {
  constructor(
    readonly lastID: number | string,
    readonly changes: number,
  ) {}
}

type Callback = (this: Statement, error: unknown, rows?: readonly unknown[]) => void

/** A connection with as much of the interface of a `sqlite3.Database` as Sequelize uses. */
export class SequelizeHandle {
  readonly uuid = 'default'
  readonly #performer: Performer

  constructor(
    performer: Performer,
    readonly filename: string,
  ) {
    this.#performer = performer
  }

  /** The connection runs one statement after another anyway. */
  serialize(fn: () => void): void {
    fn()
  }

  run(sql: string, parameters: unknown, callback?: Callback): void {
    this.all(sql, parameters, callback)
  }

  /** `parameters` is a list, an object of names with their `$` or `:`, or left out. */
  all(sql: string, parameters: unknown, callback?: Callback): void {
    const done = typeof parameters === 'function' ? (parameters as Callback) : callback
    void this.#perform(sql, typeof parameters === 'function' ? [] : parameters).then(
      ({ rows, changes, lastId }) => done?.call(new Statement(lastId, changes), null, rows),
      (error: unknown) => done?.call(new Statement(0, 0), error),
    )
  }

  async #perform(sql: string, parameters: unknown): Promise<Outcome> {
    return this.#performer.perform(sql, toParameters(parameters))
  }
}

function toParameters(given: unknown): BoundParameters {
  if (Array.isArray(given)) return given.map((value, i) => toBound(value, `parameter ${i + 1}`))
  const named: Record<string, BoundValue> = {}
  for (const [name, value] of Object.entries(given ?? {})) named[name] = toBound(value, `parameter ${name}`)
  return named
}
