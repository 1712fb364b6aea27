import { type LogFn, type Logger, pino } from 'pino'
import { describeError } from '../describe-error.js'
import type { Terminal } from './terminal.js'

/** The log of a process, a JSON line each, on standard error. */
export function createLog(terminal: Terminal, level: string): Logger {
  return pino({ level, serializers: { err: describeError }, hooks: { logMethod } }, terminal.stderr)
}

/** Of an error that is logged without words of its own, pino repeats the message as it is. */
function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, message] = args as unknown[]
  const error = first instanceof Error ? first : (first as { err?: unknown } | null | undefined)?.err
  if (message === undefined && error instanceof Error) method.call(this, first, describeError(error).message)
  else method.apply(this, args)
}
