import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { describeFaults, type Fault, M3Error } from '../errors.js'

type Exported = Readonly<Record<string, unknown>>

/** The time limit was passed. The import goes on: importing the file again waits for the same one. */
export class LateImport extends M3Error {
  /** What it will export. */
  readonly imported: Promise<Exported>

  constructor(imported: Promise<Exported>, seconds: number) {
    super('MODULE_INVALID', `cannot be imported: its top level does not end within ${seconds} s`)
    this.imported = imported
  }
}

/**
 * Imports a JavaScript file and gives what it exports. A file whose top level waits for ever is given up after
 * `seconds`: Node cannot stop it, so it is left to itself. Throws MODULE_INVALID with the reason, whatever was thrown.
 */
export async function importFile(file: string, seconds: number): Promise<Exported> {
  const limit = new AbortController()
  const imported: Promise<Exported> = import(pathToFileURL(file).href)
  try {
    return await Promise.race([
      imported,
      setTimeout(seconds * 1000, undefined, { signal: limit.signal }).then(() => {
        throw new LateImport(imported, seconds)
      }),
    ])
  } catch (error) {
    if (error instanceof LateImport) throw error
    throw new M3Error('MODULE_INVALID', `cannot be imported: ${reasonOf(error)}`, { cause: error })
  } finally {
    limit.abort()
  }
}

/** What was thrown as a text for the log: with its faults, if it has any, and the place of a syntax error. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? thrown : inspect(thrown, { customInspect: false })
  const place = thrown instanceof SyntaxError ? /^file:\/\/\S+:\d+$/m.exec(thrown.stack ?? '')?.[0] : undefined
  // Not by its class: the error may come from another copy of this package.
  const faults = (thrown as Partial<M3Error>).faults
  const details = Array.isArray(faults) && faults.length > 0 ? `\n${describeFaults(faults as readonly Fault[])}` : ''
  return `${thrown.message}${place ? ` (${place})` : ''}${details}`
}
