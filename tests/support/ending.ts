import { after } from 'node:test'

/** Where what is to be undone is left: a test's own context, or the end of a suite. */
export interface Ending {
  after(fn: () => Promise<void>): void
}

/** Called while a suite is described. What is left with it is undone after the suite, the last first. */
export function suiteEnding(): Ending {
  const left: (() => Promise<void>)[] = []
  after(async () => {
    for (const undo of left.reverse()) await undo()
  })
  return { after: (undo) => void left.push(undo) }
}
