import { createInterface } from 'node:readline/promises'
import { M3Error } from '../errors.js'
import type { Terminal } from './terminal.js'

/**
 * Asks whoever sits at the terminal; true for `y` or `yes` alone. Throws BAD_REQUEST where nobody sits there: what cannot be
 * undone is not done because nobody could be asked. `otherwise` is what to do then.
 */
export async function confirmed(
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  question: string,
  otherwise: string,
): Promise<boolean> {
  if (!(stdin as { isTTY?: boolean }).isTTY) throw new M3Error('BAD_REQUEST', `${question}\n${otherwise}`)
  const reading = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await reading.question(`${question}\nGo on? [y/N] `)
    return /^\s*y(es)?\s*$/i.test(answer)
  } finally {
    reading.close()
  }
}
