import type { Fault } from '../errors.js'

/** An error as it is answered, whoever threw it. */
export interface Verdict {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly errors?: readonly Fault[]
  readonly headers?: Readonly<Record<string, string>>
  /** Nobody foresaw it: it goes to the log with its stack. */
  readonly unexpected: boolean
}
