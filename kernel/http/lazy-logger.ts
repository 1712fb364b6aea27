import type { FastifyBaseLogger } from 'fastify'

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/**
 * `request.log`, made when it is first written to. Most requests never do, and a child logger a request is a large part
 * of what Fastify spends on one.
 */
class LazyLogger {
  readonly #make: () => FastifyBaseLogger
  #logger: FastifyBaseLogger | undefined

  constructor(make: () => FastifyBaseLogger) {
    this.#make = make
  }

  get level(): string {
    return this.#log.level
  }

  set level(level: string) {
    this.#log.level = level
  }

  get #log(): FastifyBaseLogger {
    this.#logger ??= this.#make()
    return this.#logger
  }

  child(...given: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.#log.child(...given)
  }

  write(level: Level, given: unknown[]): void {
    const log = this.#log
    Reflect.apply(log[level], log, given)
  }

  trace(...given: unknown[]): void {
    this.write('trace', given)
  }

  debug(...given: unknown[]): void {
    this.write('debug', given)
  }

  info(...given: unknown[]): void {
    this.write('info', given)
  }

  warn(...given: unknown[]): void {
    this.write('warn', given)
  }

  error(...given: unknown[]): void {
    this.write('error', given)
  }

  fatal(...given: unknown[]): void {
    this.write('fatal', given)
  }

  silent(...given: unknown[]): void {
    this.write('silent', given)
  }
}

/** Fastify's `childLoggerFactory`: children of `log`, whatever logger the instance itself has. */
export function lazyChildrenOf(log: FastifyBaseLogger) {
  return (
    _logger: FastifyBaseLogger,
    bindings: Parameters<FastifyBaseLogger['child']>[0],
    options: NonNullable<Parameters<FastifyBaseLogger['child']>[1]>,
  ): FastifyBaseLogger => new LazyLogger(() => log.child(bindings, options)) as unknown as FastifyBaseLogger
}
