import type { MessagePort } from 'node:worker_threads'
import type { CustomLengths } from '../../config/config.js'
import type { DatabaseConnection } from '../../engines/contract.js'
import type { ErrorCode } from '../../errors.js'
import type { ModuleVersionName, TenantId } from '../../names.js'

/** All that a thread is told. There is no secret in it but the tenant's own login. */
export interface JobMessage {
  readonly connection: DatabaseConnection
  readonly tenant: { readonly id: TenantId; readonly name: string }
  readonly lengths: CustomLengths
  /** What the job's module needs and the module itself, dependencies first; `file` is the root file, absolute. */
  readonly modules: readonly { readonly name: ModuleVersionName; readonly file: string }[]
  /** What each of them depends on directly. */
  readonly dependencies: ReadonlyMap<ModuleVersionName, ReadonlySet<ModuleVersionName>>
  readonly job: {
    readonly module: ModuleVersionName
    /** The file that declares it, absolute. */
    readonly file: string
    readonly name: string
    readonly attempt: number
    readonly now: Date
  }
  readonly log: LogLimits
  /** Bytes that the thread may hold. */
  readonly memory: number
  /** Files, and folders with all that is in them (`…/*`), which the thread may read. */
  readonly readable: readonly string[]
  /** The C library of this machine, for which native code was built; its driver cannot look for itself. */
  readonly libc: 'musl' | 'glibc'
  /** Of the `NativeGate`. */
  readonly gate: SharedArrayBuffer
  /** Where the thread posts its reports. Nothing is sent the other way. */
  readonly reports: MessagePort
  /**
   * Where it asks for messages to be published, and is answered; absent where there is no broker. Apart from the reports:
   * a job may get hold of a port that messages come by, and by this one it can do what it may do anyway.
   */
  readonly publishing?: MessagePort
}

export interface LogLimits {
  /** Lines below it are not sent. */
  readonly level: string
  /** What one run may write: what comes after is counted only. */
  readonly lines: number
  /** Of the text of all lines, in characters. */
  readonly characters: number
}

/** How a job ended, by its own thread. Not to be trusted: the job has had its hands on all that made it. */
export interface JobEnd {
  readonly outcome: 'done' | 'failed'
  readonly error?: ThrownDescription
  /** Its connections were closed in peace: nothing of it runs at the server. */
  readonly closed: boolean
  /** Lines of the log that were left out. */
  readonly unwritten: number
}

/** Of whatever was thrown. */
export interface ThrownDescription {
  readonly name: string
  readonly message: string
}

/** What a thread tells while it runs. Not to be trusted either. */
export type ThreadReport =
  /** `data` is an object as JSON. */
  | { readonly kind: 'log'; readonly level: string; readonly text: string; readonly data: string }
  /** A connection was opened; the number by which its server knows it. */
  | { readonly kind: 'session'; readonly id: number }
  /** Bytes that the thread holds. */
  | { readonly kind: 'memory'; readonly bytes: number }

/** A message that a job wants to be published. Neither is this to be trusted: each part may be anything that can be posted. */
export interface PublishRequest {
  /** Of the thread, for the answer. */
  readonly id: number
  readonly topic: unknown
  readonly payload: unknown
  readonly options: unknown
}

/** The kernel has taken the message over, or why it has not. */
export interface PublishAnswer {
  readonly id: number
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly retryAfter?: number }
}

/** The longest message of an error, in characters. */
export const MOST_CHARACTERS = 4000

/** The end of a run as the thread gave it, or undefined if it is not one. */
export function readEnd(value: unknown): JobEnd | undefined {
  if (!isObject(value)) return undefined
  const { outcome, error, closed, unwritten } = value
  if (outcome !== 'done' && outcome !== 'failed') return undefined
  return {
    outcome,
    closed: closed === true,
    unwritten: Number.isSafeInteger(unwritten) ? (unwritten as number) : 0,
    ...(error === undefined ? {} : { error: readDescription(error) }),
  }
}

/** A report as the thread gave it, or undefined if it is none. */
export function readReport(value: unknown): ThreadReport | undefined {
  if (!isObject(value)) return undefined
  const { kind, level, text, data, id, bytes } = value
  if (kind === 'log' && typeof level === 'string' && typeof text === 'string' && typeof data === 'string') {
    return { kind, level, text, data }
  }
  if (kind === 'session' && Number.isSafeInteger(id) && (id as number) > 0) return { kind, id: id as number }
  if (kind === 'memory' && typeof bytes === 'number') return { kind, bytes }
  return undefined
}

/** A request as the thread gave it, or undefined if it is none. */
export function readRequest(value: unknown): PublishRequest | undefined {
  if (!isObject(value)) return undefined
  const { id, topic, payload, options } = value
  return Number.isSafeInteger(id) ? { id: id as number, topic, payload, options } : undefined
}

/** Of an error that crossed the boundary by whatever way. */
export function readDescription(value: unknown): ThrownDescription {
  const { name, message } = isObject(value) ? value : { name: undefined, message: value }
  return {
    name: typeof name === 'string' ? name.slice(0, 200) : 'Error',
    message: typeof message === 'string' ? message.slice(0, MOST_CHARACTERS) : 'it threw something that is no error',
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
