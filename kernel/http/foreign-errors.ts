import { STATUS_CODES } from 'node:http'
import { type ErrorCode, errorCatalogue, type Fault, M3Error } from '../errors.js'
import { type SchemaError, validationFaults } from './validation-faults.js'
import type { Verdict } from './verdict.js'

/** As much of an error of Fastify, Sequelize or a module as is looked at. Recognised by shape: nothing is imported. */
interface ForeignError {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly statusCode?: unknown
  readonly status?: unknown
  readonly headers?: unknown
  readonly expose?: unknown
  readonly validation?: unknown
  readonly validationContext?: unknown
  readonly errors?: unknown
  readonly fields?: unknown
  readonly parent?: unknown
}

/** Fastify's own errors that a request can cause. */
const FASTIFY: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: [
    'BAD_REQUEST',
    'The body is not JSON, or has a key that is not allowed: __proto__ or constructor',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BAD_REQUEST', 'The body is empty, and its content type says that it is JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'The body is not as long as Content-Length says'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'The body is larger than the server takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'MEDIA_TYPE_UNSUPPORTED',
    'The content type of the body is not known here; send application/json or application/x-www-form-urlencoded',
  ],
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'The URL cannot be decoded'],
  FST_ERR_MAX_PARAM_LENGTH: ['URI_TOO_LONG', 'A part of the path is too long'],
}

/**
 * Two transactions wait for each other, or one for too long: the database undid one of them, and trying again is what
 * its documentation advises (https://dev.mysql.com/doc/refman/8.0/en/innodb-deadlocks-handling.html).
 */
const UNDONE = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']

/** What the database library reports while the database is away. */
const CONNECTION_ERROR = /^Sequelize(?:Connection.*|HostNotFound|HostNotReachable|InvalidConnection|AccessDenied)Error$/

const GENERIC_CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMEOUT',
  409: 'CONFLICT',
  413: 'BODY_TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'MEDIA_TYPE_UNSUPPORTED',
}

/** What an error that is not the kernel's own means, or undefined if nobody foresaw it. */
export function readForeignError(thrown: unknown): M3Error | Verdict | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const error = thrown as ForeignError
  if (Array.isArray(error.validation)) return fromSchema(error)
  const known = typeof error.code === 'string' && Object.hasOwn(FASTIFY, error.code) ? FASTIFY[error.code] : undefined
  if (known) return new M3Error(known[0], known[1])
  return fromDatabase(error) ?? fromSequelize(error) ?? fromHttpError(error)
}

function fromSchema(error: ForeignError): M3Error {
  const faults = validationFaults(error.validation as SchemaError[], String(error.validationContext))
  return new M3Error('VALIDATION_FAILED', describe('The request is not valid', faults), { faults })
}

function fromSequelize(error: ForeignError): M3Error | undefined {
  if (error.parent instanceof M3Error) return error.parent
  const name = String(error.name)
  switch (name) {
    case 'SequelizeValidationError': {
      const faults = itemFaults(error)
      return new M3Error('VALIDATION_FAILED', describe('The row is not valid', faults), { faults })
    }
    case 'AggregateError': {
      const records = Array.isArray(error.errors) ? (error.errors as ForeignError[]) : []
      if (records.length === 0 || !records.every((record) => record?.name === 'SequelizeBulkRecordError')) return
      const faults = records.flatMap((record) => itemFaults(record.errors as ForeignError))
      return new M3Error('VALIDATION_FAILED', describe('Some of the rows are not valid', faults), { faults })
    }
    case 'SequelizeUniqueConstraintError': {
      const columns = columnsOf(error)
      const faults = columns.map((path) => ({ path, message: 'must be unique' }))
      const same = columns.length > 0 ? `with the same ${columns.join(', ')}` : 'like it'
      return new M3Error('CONFLICT', `There is a row ${same} already`, { faults })
    }
    case 'SequelizeForeignKeyConstraintError': {
      const faults = columnsOf(error).map((path) => ({ path, message: 'must refer to a row that is there' }))
      const message = 'The row refers to one that is not there, or other rows still refer to it'
      return new M3Error('CONFLICT', message, { faults })
    }
    case 'SequelizeEmptyResultError':
      return new M3Error('NOT_FOUND', 'There is no such row')
    case 'SequelizeOptimisticLockError':
      return new M3Error('CONFLICT', 'The row was changed by somebody else in the meantime; read it again')
    default:
      if (!CONNECTION_ERROR.test(name)) return undefined
      return new M3Error('DATABASE_UNAVAILABLE', 'The database cannot be reached', { retryAfter: 5 })
  }
}

/** By the driver's code, on the error itself (`sql`) or on what Sequelize wraps. */
function fromDatabase(error: ForeignError): M3Error | undefined {
  const codes = [error.code, (error.parent as ForeignError | null | undefined)?.code]
  if (!codes.some((code) => UNDONE.includes(String(code)))) return undefined
  return new M3Error('OVERLOADED', 'Another request changes the same rows', { retryAfter: 1, cause: error })
}

function itemFaults(error: ForeignError): Fault[] {
  const items = Array.isArray(error?.errors) ? (error.errors as { path?: unknown; message?: unknown }[]) : []
  return items.map((item) => ({ path: String(item.path ?? ''), message: String(item.message ?? 'is not valid') }))
}

/** The columns of a broken constraint. On MySQL the path may be the name of an index: what has dots or dashes is none. */
function columnsOf(error: ForeignError): string[] {
  const { fields } = error
  const named = Array.isArray(fields)
    ? fields
    : typeof fields === 'object' && fields !== null
      ? Object.keys(fields)
      : []
  const items = itemFaults(error).map((fault) => fault.path)
  return [...new Set((items.length > 0 ? items : named).map(String).filter((name) => /^\w+$/.test(name)))]
}

/** What HTTP clients (axios, undici, got, Octokit, Stripe, AWS) leave on the errors that they throw. */
const OF_ANOTHER_SERVER = ['request', 'response', 'config', 'options', 'body', 'raw', 'requestId', '$metadata']
/** The headers of an error that are answered. */
const ANSWERED_HEADERS = ['retry-after', 'allow', 'www-authenticate']

/**
 * An error that says itself which 4xx it is, as those of Fastify, `http-errors` and modules do, is meant for the client,
 * its message too unless `expose` is false. The 4xx of another server, which a module called, is no fault of the client:
 * status, message and headers are for the module that called it.
 */
function fromHttpError(error: ForeignError): Verdict | undefined {
  const status = Number(error.statusCode ?? error.status)
  if (!Number.isInteger(status) || status < 400 || status > 499) return undefined
  if (error.expose !== true && isOfAnotherServer(error)) return undefined
  const generic = GENERIC_CODES[status]
  const title = generic ? errorCatalogue[generic].title : (STATUS_CODES[status] ?? 'Client error')
  const isShown = error.expose !== false && typeof error.message === 'string' && error.message !== ''
  const headers = answeredHeaders(error.headers)
  return {
    status,
    code: ownCode(error.code) ?? generic ?? title.toUpperCase().replace(/[^A-Z]+/g, '_'),
    title,
    detail: isShown ? String(error.message) : title,
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
    unexpected: false,
  }
}

function isOfAnotherServer(error: ForeignError): boolean {
  return OF_ANOTHER_SERVER.some((key) => key in error) || String(error.code).startsWith('UND_ERR_')
}

/** A module's own code, such as NOTE_LOCKED, is what its clients look for. */
function ownCode(code: unknown): string | undefined {
  return typeof code === 'string' && /^(?!FST_|ERR_)[A-Z][A-Z0-9_]{2,63}$/.test(code) ? code : undefined
}

function answeredHeaders(given: unknown): [string, string][] {
  if (typeof given !== 'object' || given === null) return []
  return Object.entries(given)
    .map(([name, value]): [string, string] => [name.toLowerCase(), String(value)])
    .filter(([name, value]) => ANSWERED_HEADERS.includes(name) && /^[\t\x20-\x7e]*$/.test(value))
}

function describe(what: string, faults: readonly Fault[]): string {
  const listed = faults.slice(0, 3).map(({ path, message }) => (path === '' ? message : `${path} ${message}`))
  const more = faults.length > 3 ? `; and ${faults.length - 3} more` : ''
  return listed.length === 0 ? what : `${what}: ${listed.join('; ')}${more}`
}
