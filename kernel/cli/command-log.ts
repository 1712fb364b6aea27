import { type Logger, pino } from 'pino'
import type { Invocation } from './invocation.js'

/** The log of a command that ends: warnings on standard error, as text or, with `--json`, a JSON line each. */
export function commandLog({ terminal, json }: Invocation, level: string): Logger {
  const text = { write: (line: string) => terminal.stderr.write(`m3saas: ${JSON.parse(line).msg}\n`) }
  return pino({ level: level === 'silent' ? 'silent' : 'warn' }, json ? terminal.stderr : text)
}
