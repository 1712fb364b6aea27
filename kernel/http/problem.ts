import { errorCatalogue, type Fault, M3Error } from '../errors.js'
import { readForeignError } from './foreign-errors.js'
import type { Verdict } from './verdict.js'

/** The body of every answer that is an error: RFC 9457, with a stable `code`. */
export interface Problem {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  /** The path that was asked for. */
  readonly instance?: string
  readonly requestId: string
  readonly errors?: readonly Fault[]
}

/** What a client is told of a fault of the server; the reason is in the log, under the request's id. */
const GUARDED: Readonly<Record<string, string>> = {
  TENANT_UNAVAILABLE: 'The tenant cannot be served at the moment; the reason is in the log of the server',
  DATABASE_UNAVAILABLE: 'The database cannot be reached at the moment; try again later',
  OVERLOADED: 'Too many requests wait for the database at the moment; try again later',
  QUEUE_FULL: 'Too many messages wait for the message broker at the moment; try again later',
  SHUTTING_DOWN: 'The server is shutting down; try again later',
}
const INTERNAL = 'Something went wrong on the server; the request id leads to the reason in its log'

/** `trusted`: whoever asks holds the ops token, and may read the reasons of a failure that has a code. */
export function judge(error: unknown, trusted = false): Verdict {
  if (error instanceof M3Error) return judgeOwn(error, trusted)
  const foreign = readForeignError(error)
  if (foreign instanceof M3Error) return judgeOwn(foreign, trusted)
  return foreign ?? judgeOwn(new M3Error('INTERNAL', INTERNAL), false)
}

function judgeOwn(error: M3Error, trusted: boolean): Verdict {
  const { code, faults, retryAfter, status } = error
  const guarded = status >= 500 && !trusted
  const shown = guarded ? [] : faults
  return {
    status,
    code,
    title: errorCatalogue[code].title,
    detail: guarded ? (GUARDED[code] ?? INTERNAL) : error.message,
    ...(shown.length > 0 ? { errors: shown } : {}),
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) } }),
    unexpected: status >= 500 && !(code in GUARDED),
  }
}

export function problemOf(verdict: Verdict, requestId: string, instance?: string): Problem {
  const { title, status, detail, code, errors } = verdict
  return {
    title,
    status,
    detail,
    code,
    ...(instance === undefined ? {} : { instance }),
    requestId,
    ...(errors ? { errors } : {}),
  }
}
