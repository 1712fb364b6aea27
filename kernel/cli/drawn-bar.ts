import type { Terminal } from './terminal.js'

/** A bar that is drawn on standard error while somebody looks at it. */
export interface DrawnBar {
  start(total: number, value: number, payload: object): void
  update(value: number, payload: object): void
  stop(): void
  readonly isActive: boolean
}

const [SHORTEST, LONGEST] = [4, 40]

/** `words`: the columns that what stands beside the bar takes at most. */
export async function drawnBar(stream: Terminal['stderr'], format: string, words: number): Promise<DrawnBar> {
  const { default: progress } = await import('cli-progress')
  return new progress.SingleBar({
    stream,
    format,
    barsize: Math.min(LONGEST, Math.max(SHORTEST, (stream.columns ?? 80) - words)),
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    // A line is cut to what the terminal holds. Else what others print behind the bar would not be seen.
    linewrap: true,
    etaBuffer: 200,
  })
}
