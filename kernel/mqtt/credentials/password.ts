import { createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { PasswordType } from './credentials.js'

const derive = promisify(pbkdf2)

const DIGEST = 'sha512'
const HASH_BYTES = 64
const SALT_BYTES = 32
/** A hash of more would keep a core for seconds at each login. */
export const MOST_ITERATIONS = 10_000_000

/**
 * The one string that stands in the file: `base64(salt):iterations:base64(hash)`, PBKDF2-HMAC-SHA512 of 64 bytes, as
 * HiveMQ's file RBAC extension makes it. Without a salt, of 32 random bytes.
 */
export async function hashPassword(
  password: string | Uint8Array,
  { salt = randomBytes(SALT_BYTES), iterations }: { readonly salt?: Uint8Array; readonly iterations: number },
): Promise<string> {
  const hash = await derive(password, salt, iterations, HASH_BYTES, DIGEST)
  return `${Buffer.from(salt).toString('base64')}:${iterations}:${hash.toString('base64')}`
}

/** Whether it is the password, in a time that does not tell how nearly. What the extension could not read lets nobody in. */
export async function verifyPassword(password: Uint8Array, stored: string, type: PasswordType): Promise<boolean> {
  if (type === 'PLAIN') {
    // Of the same length, and compared as text: bytes that are no UTF-8 are what the extension makes of them.
    return timingSafeEqual(digestOf(Buffer.from(password).toString('utf8')), digestOf(stored))
  }
  const hashed = readHash(stored)
  if (!hashed) return false
  const hash = await derive(password, hashed.salt, hashed.iterations, HASH_BYTES, DIGEST)
  return hash.length === hashed.hash.length && timingSafeEqual(hash, hashed.hash)
}

function digestOf(text: string): Buffer {
  return createHash(DIGEST).update(text, 'utf8').digest()
}

/** Java's `split` takes no notice of colons at the end. */
function readHash(stored: string): { salt: Buffer; iterations: number; hash: Buffer } | undefined {
  const parts = stored.replace(/:+$/, '').split(':')
  const salt = fromBase64(parts[0] ?? '')
  const hash = fromBase64(parts[2] ?? '')
  const iterations = /^\+?\d{1,10}$/.test(parts[1] ?? '') ? Number(parts[1]) : 0
  if (parts.length !== 3 || !salt || !hash || iterations < 1 || iterations > MOST_ITERATIONS) return undefined
  return { salt, iterations, hash }
}

/** The bytes of a base64 text; undefined where it is none. `Buffer` alone takes anything. Padding may be left out. */
export function fromBase64(text: string): Buffer | undefined {
  if (!/^[A-Za-z\d+/]*={0,2}$/.test(text) || (text.endsWith('=') && text.length % 4 !== 0)) return undefined
  const bytes = Buffer.from(text, 'base64')
  const { length } = text.replace(/=+$/, '')
  return length % 4 === 1 ? undefined : bytes
}

/** A password that nobody can guess, and that needs no quoting anywhere. */
export function randomPassword(): string {
  return randomBytes(24).toString('base64url')
}
