import { createInterface } from 'node:readline/promises'
import { M3Error } from '../errors.js'
import type { Terminal } from './terminal.js'

export interface Question {
  /** What is about to be done. */
  readonly text: string
  /** What to do where nobody can be asked. */
  readonly otherwise: string
  /** Whoever is asked may be told to end meanwhile. */
  readonly signal: AbortSignal
}

/**
 * Asks whoever sits at the terminal; true for `y` or `yes` alone, false also for one who ends the input, by Ctrl-C or
 * Ctrl-D. Throws BAD_REQUEST where nobody sits there: what cannot be undone is not done because nobody could be asked.
 */
export async function confirmed(
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  { text, otherwise, signal }: Question,
): Promise<boolean> {
  // Somebody who does not see the question cannot answer it.
  if (!stdin.isTTY || !stderr.isTTY) throw new M3Error('BAD_REQUEST', `${text}\n${otherwise}`)
  const reading = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await new Promise<string | undefined>((resolve) => {
      const nothing = () => resolve(undefined)
      // A terminal that hangs up closes it and settles no question.
      reading.once('close', nothing)
      reading.question(`${text}\nGo on? [y/N] `, { signal }).then(resolve, nothing)
    })
    // The cursor stands behind the question still.
    if (answer === undefined) stderr.write('\n')
    return /^\s*y(es)?\s*$/i.test(answer ?? '')
  } finally {
    reading.close()
  }
}
