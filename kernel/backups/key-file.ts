import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { M3Error } from '../errors.js'

const KEY_BYTES = 32
const HEX = /^[0-9a-f]{64}$/i
const BASE64 = /^[A-Za-z0-9+/]{43}=$/

/** The keys of backups: the one that new ones are encrypted with, if any, and those that old ones may be. */
export interface BackupKeys {
  readonly current?: Uint8Array
  readonly all: readonly Uint8Array[]
}

/** Reads the files of keys. Throws CONFIG_INVALID for one that is not there or holds no key. */
export async function readKeys(
  root: string,
  { keyFile, formerKeyFiles }: { readonly keyFile?: string; readonly formerKeyFiles: readonly string[] },
): Promise<BackupKeys> {
  const current = keyFile === undefined ? undefined : await readKey(root, keyFile, '$.backups.keyFile')
  const former = await Promise.all(
    formerKeyFiles.map((file, i) => readKey(root, file, `$.backups.formerKeyFiles[${i}]`)),
  )
  return current ? { current, all: [current, ...former] } : { all: former }
}

async function readKey(root: string, file: string, place: string): Promise<Uint8Array> {
  const invalid = (message: string, cause?: unknown) =>
    new M3Error('CONFIG_INVALID', `The key of backups cannot be used: ${place} ${message}`, {
      faults: [{ path: place, message }],
      cause,
    })
  let text: string
  try {
    text = (await readFile(path.resolve(root, file), 'utf8')).trim()
  } catch (error) {
    throw invalid(`names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`, error)
  }
  const key = HEX.test(text) ? Buffer.from(text, 'hex') : BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
  if (key?.length === KEY_BYTES) return key
  throw invalid(
    `names ${file}, which holds no key: it must be 32 bytes in base64, as of "openssl rand -base64 32", or hex`,
  )
}
