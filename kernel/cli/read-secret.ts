import type { Readable } from 'node:stream'
import { M3Error } from '../errors.js'

const MOST = 4096

/** One line of standard input. Secrets come this way, for arguments show in the list of processes. */
export async function readSecret(stdin: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > MOST)
      throw new M3Error('BAD_REQUEST', `The password on standard input is longer than ${MOST} characters`)
    if (text.includes('\n')) break
  }
  const secret = text.split(/\r?\n/, 1)[0] ?? ''
  if (secret === '') throw new M3Error('BAD_REQUEST', 'There is no password on standard input')
  return secret
}
