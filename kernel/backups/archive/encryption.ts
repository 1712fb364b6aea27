import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { NoArchive } from './records.js'

/**
 * A file of its own key, derived from that of the deployment and a random salt, in chunks of AES-256-GCM. The nonce of a
 * chunk is its number and whether it is the last: none can be left out, doubled, moved or cut off. That is STREAM:
 * https://eprint.iacr.org/2015/189
 */

const MAGIC = Buffer.from('m3saas-encrypted-backup 1\n')
const [ID_BYTES, SALT_BYTES, TAG_BYTES, NONCE_BYTES] = [8, 32, 16, 12]
const HEADER_BYTES = MAGIC.length + ID_BYTES + SALT_BYTES
const CHUNK = 65_536
const CIPHER = 'aes-256-gcm'

/** Encrypts a stream of bytes with a key of 32 bytes. */
export async function* encrypt(plain: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(SALT_BYTES)
  const fileKey = derive(key, salt, 'file', 32)
  yield Buffer.concat([MAGIC, keyId(key), salt])
  let number = 0
  const seal = (chunk: Uint8Array, isLast: boolean): Buffer => {
    const cipher = createCipheriv(CIPHER, fileKey, nonce(number++, isLast))
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }
  // One is held back: only at the end is it known which is the last.
  let held: Buffer = Buffer.alloc(0)
  for await (const piece of plain) {
    held = held.length === 0 ? asBuffer(piece) : Buffer.concat([held, piece])
    while (held.length > CHUNK) {
      yield seal(held.subarray(0, CHUNK), false)
      held = held.subarray(CHUNK)
    }
  }
  yield seal(held, true)
}

/** Throws NoArchive for a file that none of the keys opens, that was changed, or that was cut off. */
export async function* decrypt(
  encrypted: AsyncIterable<Uint8Array>,
  keys: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  let fileKey: Buffer | undefined
  let number = 0
  const unseal = (sealed: Buffer, isLast: boolean): Buffer => {
    const end = sealed.length - TAG_BYTES
    if (!fileKey || end < 0) throw new NoArchive('it was cut off')
    try {
      const decipher = createDecipheriv(CIPHER, fileKey, nonce(number++, isLast), { authTagLength: TAG_BYTES })
      decipher.setAuthTag(sealed.subarray(end))
      return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()])
    } catch {
      throw new NoArchive('it was changed or cut off since it was encrypted')
    }
  }
  let held: Buffer = Buffer.alloc(0)
  for await (const piece of encrypted) {
    held = held.length === 0 ? asBuffer(piece) : Buffer.concat([held, piece])
    if (!fileKey && held.length >= HEADER_BYTES) {
      fileKey = fileKeyOf(held, keys)
      held = held.subarray(HEADER_BYTES)
    }
    while (fileKey && held.length > CHUNK + TAG_BYTES) {
      yield unseal(held.subarray(0, CHUNK + TAG_BYTES), false)
      held = held.subarray(CHUNK + TAG_BYTES)
    }
  }
  yield unseal(held, true)
}

function fileKeyOf(header: Buffer, keys: readonly Uint8Array[]): Buffer {
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw new NoArchive('it is no encrypted backup')
  const id = header.subarray(MAGIC.length, MAGIC.length + ID_BYTES)
  const key = keys.find((each) => keyId(each).equals(id))
  if (key) return derive(key, header.subarray(MAGIC.length + ID_BYTES, HEADER_BYTES), 'file', 32)
  throw new NoArchive(
    keys.length === 0
      ? 'it is encrypted, and backups.keyFile names no key'
      : 'it is encrypted with another key: name the file of that key in backups.formerKeyFiles',
  )
}

/** Tells keys apart, and tells nothing of them. */
function keyId(key: Uint8Array): Buffer {
  return derive(key, new Uint8Array(), 'id', ID_BYTES)
}

/** https://www.rfc-editor.org/rfc/rfc5869 */
function derive(key: Uint8Array, salt: Uint8Array, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, `m3saas backup ${purpose}`, bytes))
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(NONCE_BYTES)
  bytes.writeUIntBE(number, NONCE_BYTES - 7, 6)
  bytes[NONCE_BYTES - 1] = isLast ? 1 : 0
  return bytes
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
