import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { M3Error } from '../../errors.js'
import type { Credentials, PasswordType } from './credentials.js'
import { parseCredentials } from './parse.js'

/** In bytes: nothing so large is the file that is meant. */
const MOST_BYTES = 32 * 1024 * 1024

/** The users and roles of a file. Throws CREDENTIALS_INVALID: it is not there, cannot be read, or is not valid. */
export async function readCredentials(file: string, passwordType: PasswordType): Promise<Credentials> {
  const xml = await readXmlText(file)
  if (xml === undefined) throw new M3Error('CREDENTIALS_INVALID', `There is no ${path.basename(file)}`)
  return parseCredentials(xml, passwordType)
}

/** A text file, its byte order mark and line ends as they are; undefined where there is none. Throws CREDENTIALS_INVALID. */
export async function readXmlText(file: string): Promise<string | undefined> {
  const name = path.basename(file)
  let bytes: Buffer
  try {
    const found = await stat(file)
    // A pipe in its place would be waited for without an end.
    if (!found.isFile()) throw new M3Error('CREDENTIALS_INVALID', `${name} is not a file`)
    if (found.size > MOST_BYTES) throw new M3Error('CREDENTIALS_INVALID', `${name} is larger than ${MOST_BYTES} bytes`)
    bytes = await readFile(file)
  } catch (error) {
    if (error instanceof M3Error) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new M3Error('CREDENTIALS_INVALID', `${name} cannot be read (${code})`, { cause: error })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new M3Error('CREDENTIALS_INVALID', `${name} is not UTF-8`)
  }
}
