import type { Progress } from '../backups/contract.js'
import { size } from './describe-backup.js'
import { drawnBar } from './drawn-bar.js'
import type { Invocation } from './invocation.js'

/** How far one backup or restore has come, at a terminal. */
export interface WorkProgress {
  readonly show: (progress: Progress) => void
  /** The terminal is as it was. */
  end(): void
}

/** What the bar leaves to the words beside it. */
const WORDS = 40
const TOTAL = 1000

/** A bar on standard error where a person looks at it; nothing else. */
export async function workProgress({ terminal, json }: Pick<Invocation, 'terminal' | 'json'>): Promise<WorkProgress> {
  if (json || !terminal.stderr.isTTY) return { show: () => {}, end: () => {} }
  const bar = await drawnBar(terminal.stderr, '{bar} {percentage}% | {size} | {eta_formatted} left', WORDS)
  return {
    show({ part, bytes }) {
      const value = Math.floor(part * TOTAL)
      const payload = { size: size(bytes) }
      if (bar.isActive) bar.update(value, payload)
      else bar.start(TOTAL, value, payload)
    },
    end() {
      if (bar.isActive) bar.stop()
    },
  }
}
