import { createHmac } from 'node:crypto'

const STORED = /^m3:[A-Za-z0-9_-]{36}$/

/**
 * What the catalog keeps of a tenant's password: `m3:` and 27 bytes of HMAC-SHA-256 in base64url, 39 characters in all,
 * for the original's column takes 40. The engine derives the database password from it; the plain one is kept nowhere.
 */
export function storedSecret(dbSalt: string, user: string, plainPassword: string): string {
  const digest = createHmac('sha256', dbSalt).update(`tenant-password\0${user}\0${plainPassword}`).digest()
  return `m3:${digest.subarray(0, 27).toString('base64url')}`
}

export function isStoredSecret(text: string): boolean {
  return STORED.test(text)
}

/** The stored form of what stands in a password column or a seed: what has that form already is left as it is. */
export function toSecret(dbSalt: string, user: string, password: string): string {
  return isStoredSecret(password) ? password : storedSecret(dbSalt, user, password)
}
