import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
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
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  try {
    // Exclusive: of several processes that start at once one writes, the others read what it wrote.
    await writeFile(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(file, 'it cannot be written', error)
  }
  return { token: await readToken(file), place: file }
}

async function readToken(file: string): Promise<string> {
  let token: string
  try {
    token = (await readFile(file, 'utf8')).trim()
    await chmod(file, 0o600)
  } catch (error) {
    throw unusable(file, 'it cannot be read', error)
  }
  if (token.length < SHORTEST)
    throw unusable(file, `it holds fewer than ${SHORTEST} characters; delete it to get a new one`)
  return token
}

function unusable(file: string, reason: string, cause?: unknown): M3Error {
  return new M3Error('CONFIG_INVALID', `The ops token file ${file} is not usable: ${reason}`, { cause })
}
