import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/**
 * 12 bytes of salt and 18 of the hash: 40 characters of base64url, the length that configurations of the original
 * system give to password columns (`customLengths.password`).
 */
const SALT_BYTES = 12
const HASH_BYTES = 18
const STORED = /^[A-Za-z0-9_-]{40}$/

/** 16 MiB a hash: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt */
const COST: ScryptOptions = { N: 2 ** 14, r: 8, p: 5 }

/** Stored for an account that has no password: no password matches it. */
export const NO_PASSWORD = 'none'

const decoy = randomBytes(SALT_BYTES + HASH_BYTES).toString('base64url')

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  return Buffer.concat([salt, await derive(password, salt)]).toString('base64url')
}

/** Takes as long where nothing is stored, so that the time of an answer does not tell which accounts exist. */
export async function matchesPassword(password: string, stored: string | undefined): Promise<boolean> {
  const usable = stored !== undefined && STORED.test(stored)
  const bytes = Buffer.from(usable ? stored : decoy, 'base64url')
  const hash = await derive(password, bytes.subarray(0, SALT_BYTES))
  return timingSafeEqual(hash, bytes.subarray(SALT_BYTES)) && usable
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One form for letters that keyboards compose in different ways.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, COST, (error, hash) => (error ? reject(error) : resolve(hash)))
  })
}
