import { describeFaults, M3Error, messageOf } from '../errors.js'
import type { Terminal } from './terminal.js'

/** Prints a result: one JSON value with `--json`, else the text a person reads. */
export function printResult(terminal: Terminal, json: boolean, value: unknown, text: string): void {
  terminal.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`)
}

/** Prints an error to standard error, as JSON where the caller reads JSON, and gives the exit status. */
export function printError(terminal: Terminal, json: boolean, error: unknown): number {
  if (json) {
    const known = error instanceof M3Error
    const problem = {
      code: known ? error.code : 'INTERNAL',
      message: messageOf(error),
      ...(known && error.faults.length > 0 ? { faults: error.faults } : {}),
    }
    terminal.stderr.write(`${JSON.stringify(problem)}\n`)
  } else if (error instanceof M3Error) {
    // The message of a configuration error lists its faults already.
    const listed = error.faults.length > 0 && error.code !== 'CONFIG_INVALID'
    terminal.stderr.write(`m3saas: ${error.message}${listed ? `\n${describeFaults(error.faults)}` : ''}\n`)
  } else {
    terminal.stderr.write(`m3saas: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
  return 1
}

/** Prints what was wrong with the command line itself; `text` is what commander says of it. */
export function printMisuse(terminal: Terminal, json: boolean, text: string): void {
  const message = text.replace(/^error: /, '').trimEnd()
  if (json) terminal.stderr.write(`${JSON.stringify({ code: 'BAD_REQUEST', message })}\n`)
  else terminal.stderr.write(`m3saas: ${message}\n(add --help for the usage)\n`)
}

/** Columns as wide as their widest cell; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
