import type { MessagePort } from 'node:worker_threads'
import { type ErrorCode, errorCatalogue, type Fault, M3Error, messageOf } from '../../errors.js'
import type { Progress } from '../contract.js'
import type { DumpResult, DumpTask, LoadResult, LoadTask } from './tasks.js'

export type Work =
  | { readonly kind: 'dump'; readonly task: DumpTask }
  | { readonly kind: 'load'; readonly task: LoadTask }

/** What a thread is sent. By the port it is told to end (any message), and tells how far it has come. */
export interface WorkMessage {
  readonly work: Work
  readonly port: MessagePort
}

export type ProgressMessage = Progress

/** What comes of it. An error loses its class and code on its way between threads, so it travels as plain data. */
export type WorkAnswer =
  | { readonly result: DumpResult | LoadResult }
  | { readonly error: SentError }
  /** It ended because it was told to. */
  | { readonly ended: true }

export interface SentError {
  /** Absent of what is none of the product's own errors. */
  readonly code?: ErrorCode
  readonly message: string
  readonly faults: readonly Fault[]
  readonly retryAfter?: number
  readonly stack?: string
  /** What it was caused by: for the log. */
  readonly cause?: string
}

export function toSent(error: unknown): SentError {
  const own = error instanceof M3Error ? error : undefined
  const cause = own?.cause
  return {
    message: messageOf(error),
    faults: own?.faults ?? [],
    ...(own ? { code: own.code } : {}),
    ...(own?.retryAfter === undefined ? {} : { retryAfter: own.retryAfter }),
    ...(!own && error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(cause === undefined ? {} : { cause: messageOf(cause) }),
  }
}

export function fromSent({ code, message, faults, retryAfter, stack, cause }: SentError): Error {
  if (code !== undefined && Object.hasOwn(errorCatalogue, code)) {
    return new M3Error(code, message, {
      faults,
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(cause === undefined ? {} : { cause: new Error(cause) }),
    })
  }
  return Object.assign(new Error(message), stack === undefined ? {} : { stack })
}
