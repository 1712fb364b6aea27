import { Writable } from 'node:stream'
import { format } from 'node:util'
import type { FastifyBaseLogger } from 'fastify'
import { describeError } from '../../describe-error.js'
import type { LogLimits, ThreadReport } from './message.js'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
type Level = (typeof LEVELS)[number]

/**
 * The log of a run: its lines are sent to the kernel's own log, up to the limits. A job that writes without end fills
 * neither a disk nor the memory of the process. Not pino, which takes as long to load as the rest of a thread.
 */
export class JobLog {
  /** Lines that were left out. */
  unwritten = 0
  readonly #lowest: number
  #lines: number
  #characters: number

  constructor(
    readonly limits: LogLimits,
    readonly send: (report: ThreadReport) => void,
  ) {
    const lowest = LEVELS.indexOf(limits.level as Level)
    this.#lowest = lowest < 0 ? LEVELS.length : lowest
    this.#lines = limits.lines
    this.#characters = limits.characters
  }

  /** What a module's context has as `log`. */
  logger(module: string, bindings: Record<string, unknown> = {}): FastifyBaseLogger {
    const { limits } = this
    const methods = Object.fromEntries(
      LEVELS.map((level) => [level, (...given: unknown[]) => this.#log(level, module, bindings, given)]),
    )
    return {
      ...methods,
      level: limits.level,
      silent: () => {},
      child: (more: Record<string, unknown>) => this.logger(module, { ...bindings, ...more }),
    } as unknown as FastifyBaseLogger
  }

  /** Takes the place of a standard stream: a line of the log for each line. */
  stream(level: Level, name: string): Writable {
    let rest = ''
    return new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        const lines = (rest + String(chunk).slice(0, this.limits.characters)).split('\n')
        rest = (lines.pop() ?? '').slice(0, this.limits.characters)
        for (const line of lines) this.#write(level, line, { stream: name })
        done()
      },
    })
  }

  #log(level: Level, module: string, bindings: Record<string, unknown>, given: readonly unknown[]): void {
    if (LEVELS.indexOf(level) < this.#lowest) return
    const [first, ...rest] = given
    const isText = typeof first === 'string'
    const fields = first instanceof Error ? { err: first } : typeof first === 'object' && first !== null ? first : {}
    const text = isText
      ? format(...given)
      : rest.length > 0
        ? format(...rest)
        : first instanceof Error
          ? first.message
          : ''
    this.#write(level, text, { module, ...bindings, ...fields })
  }

  #write(level: Level, text: string, data: Record<string, unknown>): void {
    if (LEVELS.indexOf(level) < this.#lowest) return
    if (this.#lines <= 0 || this.#characters <= 0) {
      this.unwritten++
      return
    }
    const plain = toPlain(data, this.#characters)
    const cut = text.slice(0, this.#characters)
    this.#lines--
    this.#characters -= cut.length + plain.length
    this.send({ kind: 'log', level, text: cut, data: plain })
  }
}

/** As JSON, errors described; what is none of JSON or too long is left out. */
function toPlain(data: Record<string, unknown>, most: number): string {
  try {
    const plain = JSON.stringify(data, (_key, value) => {
      if (value instanceof Error) return describeError(value)
      return typeof value === 'bigint' ? String(value) : value
    })
    return plain.length > most ? '{}' : plain
  } catch {
    // A value that cannot be written must not end the job that logs it.
    return '{}'
  }
}
