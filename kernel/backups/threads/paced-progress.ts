import type { Progress } from '../contract.js'

/** A person sees no more than that. */
const PACE_MS = 100

/** Passes on what is told, no more often than a person can see. */
export function pacedProgress(tell: (progress: Progress) => void): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY
  return (progress) => {
    const now = performance.now()
    if (now - last < PACE_MS) return
    last = now
    tell(progress)
  }
}
