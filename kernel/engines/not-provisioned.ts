import { M3Error } from '../errors.js'

/**
 * A DATABASE_UNAVAILABLE that provisioning may mend: the server answers, but the database, its user, the user's
 * password or its rights are missing or differ.
 */
export class NotProvisionedError extends M3Error {
  constructor(message: string, options: { retryAfter: number; cause: unknown }) {
    super('DATABASE_UNAVAILABLE', message, options)
  }
}

export function isNotProvisioned(error: unknown): error is NotProvisionedError {
  return error instanceof NotProvisionedError
}
