import type { Connection } from 'mysql2'
import { statementFailure } from '../failures.js'

/** Bytes of values that wait for whoever reads, before the server is asked to wait. */
const MOST_WAITING = 512 * 1024

type Value = Buffer | null
interface RawQuery {
  on(event: 'result', listener: (row: Value[]) => void): RawQuery
  on(event: 'error', listener: (error: Error) => void): RawQuery
  on(event: 'end', listener: () => void): RawQuery
}

/**
 * The rows of a statement as they come, each value as the bytes of its text. The server waits while nobody reads. Whoever
 * stops reading ends the connection: what is under way cannot be called off in another way.
 */
export async function* rowStream(raw: Connection, sql: string): AsyncGenerator<readonly Value[][]> {
  let waiting: Value[][] = []
  let bytes = 0
  let isPaused = false
  let end: { readonly error?: unknown } | undefined
  let wake = () => {}
  const query = raw.query({
    sql,
    rowsAsArray: true,
    typeCast: (field) => field.buffer(),
  }) as unknown as RawQuery
  query
    .on('result', (row) => {
      waiting.push(row)
      for (const value of row) bytes += (value?.length ?? 0) + 64
      if (bytes > MOST_WAITING && !isPaused) {
        isPaused = true
        raw.pause()
      }
      wake()
    })
    .on('error', (error) => {
      end ??= { error }
      wake()
    })
    .on('end', () => {
      end ??= {}
      wake()
    })
  const lost = (error: unknown) => {
    end ??= { error: error ?? Object.assign(new Error('The connection was lost'), { fatal: true }) }
    wake()
  }
  const ended = () => lost(undefined)
  raw.on('error', lost)
  raw.on('end', ended)
  try {
    for (;;) {
      if (waiting.length > 0) {
        const rows = waiting
        waiting = []
        bytes = 0
        yield rows
        continue
      }
      if (end) {
        if (end.error !== undefined) throw statementFailure(end.error)
        return
      }
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      if (isPaused) {
        isPaused = false
        raw.resume()
      }
      if (waiting.length === 0 && !end) await woken
      wake = () => {}
    }
  } finally {
    raw.removeListener('error', lost)
    raw.removeListener('end', ended)
    if (!end) raw.destroy()
    else if (isPaused) raw.resume()
  }
}
