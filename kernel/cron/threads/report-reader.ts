import type { Logger } from 'pino'
import { type JobMessage, readReport } from './message.js'

interface Listener {
  readonly log: Logger
  memory(bytes: number): void
  /** More is posted than a thread would by itself. */
  flooded(): void
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
const MOST_SESSIONS = 1000

/** What a thread tells while it runs, taken into the log and the memory watch as far as it makes sense. */
export class ReportReader {
  /** Connections that it has opened. */
  readonly sessions = new Set<number>()
  readonly #log: Logger
  readonly #listener: Listener
  /** The thread counts for itself; this is for a job that got hold of its port. */
  #lines: number
  #characters: number

  constructor({ tenant, job, log }: Pick<JobMessage, 'tenant' | 'job' | 'log'>, listener: Listener) {
    this.#log = listener.log.child({ tenant: tenant.id, module: job.module, job: job.name })
    this.#listener = listener
    this.#lines = log.lines
    this.#characters = log.characters * 2
  }

  read(value: unknown): void {
    const report = readReport(value)
    switch (report?.kind) {
      case 'log':
        this.#lines--
        this.#characters -= report.text.length + report.data.length
        if (this.#lines < 0 || this.#characters < 0) this.#listener.flooded()
        else this.#write(report.level, report.text, report.data)
        return
      case 'session':
        if (this.sessions.size < MOST_SESSIONS) this.sessions.add(report.id)
        return
      case 'memory':
        this.#listener.memory(report.bytes)
        return
      case undefined:
        this.#listener.flooded()
    }
  }

  /** The line that says how many are missing. */
  unwritten(lines: number): void {
    if (lines > 0) this.#log.warn({ lines }, `${lines} more lines of the job's log are left out`)
  }

  #write(level: string, text: string, data: string): void {
    const known = LEVELS.find((name) => name === level) ?? 'info'
    this.#log[known]({ data: parsed(data) }, text)
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    // A job has changed how JSON is written in its thread.
    return undefined
  }
}
