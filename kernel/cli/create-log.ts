import { type DestinationStream, type LogFn, type Logger, pino } from 'pino'
import { describeError } from '../describe-error.js'
import type { Invocation } from './invocation.js'
import type { Terminal } from './terminal.js'

/** The log of a process that serves, a JSON line each, on standard error. */
export function createLog(terminal: Terminal, level: string): Logger {
  return makeLog(level, terminal.stderr)
}

/** The log of a command that ends: warnings on standard error, as text or, with `--json`, a JSON line each. */
export function commandLog({ terminal, json }: Invocation, level: string): Logger {
  const text = { write: (line: string) => terminal.stderr.write(`m3saas: ${textOf(JSON.parse(line))}\n`) }
  return makeLog(level === 'silent' ? 'silent' : 'warn', json ? terminal.stderr : text)
}

/** What nobody caught, a module's timer that throws above all, is logged; the process and its other tenants go on. */
export function logUncaught(terminal: Terminal, log: Logger): void {
  terminal.onUncaught((error) => log.error({ err: error }, 'nobody caught this error; a module should have'))
}

/** The message, and that of the error that it is about. */
function textOf({ msg, err }: { readonly msg: string; readonly err?: { readonly message: string } }): string {
  return err && err.message !== msg ? `${msg}: ${err.message}` : msg
}

function makeLog(level: string, destination: DestinationStream): Logger {
  return pino({ level, serializers: { err: describeError }, hooks: { logMethod } }, destination)
}

/** Of an error that is logged without words of its own, pino repeats the message as it is. */
function logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, message] = args as unknown[]
  const error = first instanceof Error ? first : (first as { err?: unknown } | null | undefined)?.err
  if (message === undefined && error instanceof Error) method.call(this, first, describeError(error).message)
  else method.apply(this, args)
}
