import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { M3Error } from '../../errors.js'

export interface OpsToken {
  readonly token: string
  /** Where a person finds it: never the token itself. */
  readonly place: string
}

const SHORTEST = 16

/**
 * The ops token of the configuration, else the one kept in `secrets/ops_token.secret` (mode 0600), which is made at the
 * first start. Throws CONFIG_INVALID if that file holds no usable token.
 */
export async function readOpsToken(root: string, configured: string | undefined): Promise<OpsToken> {
  if (configured !== undefined) return { token: configured, place: 'ops.token of the configuration' }
  const file = path.join(root, 'secrets', 'ops_token.secret')
  const kept = await readToken(file)
  if (kept !== undefined) return { token: kept, place: file }
  await makeToken(file)
  const made = await readToken(file)
  if (made === undefined) throw unusable(file, 'it was deleted a moment ago')
  return { token: made, place: file }
}

/** Appears whole or not at all. Of several processes that start at once one makes it, the others read what it made. */
async function makeToken(file: string): Promise<void> {
  const whole = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(whole, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    try {
      await link(whole, file)
    } finally {
      await rm(whole)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, 'it cannot be written', error)
  }
}

/** Undefined if there is no such file. */
async function readToken(file: string): Promise<string | undefined> {
  let token: string
  try {
    token = (await readFile(file, 'utf8')).trim()
    await closeToOthers(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(file, 'it cannot be read', error)
  }
  if (token.length < SHORTEST)
    throw unusable(file, `it holds fewer than ${SHORTEST} characters; delete it to get a new one`)
  return token
}

/** A file of a read-only mount, as the secrets of containers are, has the mode that its owner gave it. */
async function closeToOthers(file: string): Promise<void> {
  const { mode } = await stat(file)
  if ((mode & 0o777) === 0o600) return
  try {
    await chmod(file, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EROFS') throw error
  }
}

function unusable(file: string, reason: string, cause?: unknown): M3Error {
  return new M3Error('CONFIG_INVALID', `The ops token file ${file} is not usable: ${reason}`, { cause })
}
