/** Every error the product reports by name: its code, HTTP status and title. Messages are written where it is thrown. */
export const errorCatalogue = {
  BAD_REQUEST: { status: 400, title: 'The request is malformed' },
  VALIDATION_FAILED: { status: 400, title: 'The request is not valid' },
  TOKEN_MISSING: { status: 401, title: 'An ops token is needed' },
  UNAUTHENTICATED: { status: 401, title: 'Signing in is needed' },
  TENANT_SUSPENDED: { status: 403, title: 'The tenant is suspended' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  TOKEN_WRONG: { status: 403, title: 'The ops token is wrong' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  TENANT_UNKNOWN: { status: 404, title: 'Unknown tenant' },
  BACKUP_UNKNOWN: { status: 404, title: 'Unknown backup' },
  JOB_UNKNOWN: { status: 404, title: 'Unknown cron job' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  CONFLICT: { status: 409, title: 'Conflict' },
  LOCKED: { status: 409, title: 'The database is in work already' },
  JOB_RUNNING: { status: 409, title: 'The cron job is running already' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  URI_TOO_LONG: { status: 414, title: 'The URL is too long' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'Unsupported media type' },
  CATALOG_REFUSED: { status: 422, title: 'The catalog change is refused' },
  BROKER_USER_REFUSED: { status: 422, title: 'The change of broker users is refused' },
  BACKUP_INVALID: { status: 422, title: 'The backup cannot be read' },
  RESTORE_REFUSED: { status: 422, title: 'The restore is refused' },
  MIGRATION_REFUSED: { status: 422, title: 'The migration is refused' },
  SEED_REFUSED: { status: 422, title: 'The seeds are refused' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many wrong ops tokens' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request line and headers are too large' },
  MIGRATION_FAILED: { status: 500, title: 'A migration failed' },
  BACKUP_FAILED: { status: 500, title: 'A backup failed' },
  RESTORE_FAILED: { status: 500, title: 'A restore failed' },
  MESSAGE_INVALID: { status: 500, title: 'The message breaks the contract' },
  CREDENTIALS_INVALID: { status: 500, title: 'The file of broker users is not valid' },
  INTERNAL: { status: 500, title: 'Internal error' },
  CONFIG_INVALID: { status: 500, title: 'The configuration is not valid' },
  MODULE_INVALID: { status: 500, title: 'The module breaks the contract' },
  TENANT_UNAVAILABLE: { status: 503, title: 'The tenant cannot be served' },
  DATABASE_UNAVAILABLE: { status: 503, title: 'The database cannot be reached' },
  BROKER_UNAVAILABLE: { status: 503, title: 'There is no message broker' },
  QUEUE_FULL: { status: 503, title: 'Too many messages wait for the broker' },
  OVERLOADED: { status: 503, title: 'Too many database connections are in use' },
  SHUTTING_DOWN: { status: 503, title: 'The server is shutting down' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof errorCatalogue

/** One thing that is wrong: `path` is a JSON path, a column, or the place in a file. */
export interface Fault {
  readonly path: string
  readonly message: string
}

export interface M3ErrorOptions {
  readonly faults?: readonly Fault[]
  /** Seconds after which trying again makes sense; becomes the `Retry-After` header. */
  readonly retryAfter?: number
  readonly cause?: unknown
}

/** An error with a code of the catalogue. Its message may be shown to the caller: no secret, no SQL, no path of the machine. */
export class M3Error extends Error {
  readonly code: ErrorCode
  readonly faults: readonly Fault[]
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, options: M3ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'M3Error'
    this.code = code
    this.faults = options.faults ?? []
    this.retryAfter = options.retryAfter
  }

  get status(): number {
    return errorCatalogue[this.code].status
  }
}

/** The message of whatever was thrown, an error or not. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** A fault a line, as a person reads it in a terminal. */
export function describeFaults(faults: readonly Fault[]): string {
  return faults.map((fault) => `  - ${fault.path ? `${fault.path}: ` : ''}${fault.message}`).join('\n')
}
