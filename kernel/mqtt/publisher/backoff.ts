const FIRST_MS = 100
const LONGEST_MS = 3000
const SPREAD = 0.4

/**
 * Milliseconds until the next attempt, after so many that failed: soon at first, for a broker that was restarted, and
 * never long. `random`, from 0 to 1, keeps many processes from coming back at one moment.
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10))
  return Math.round(full * (1 - SPREAD * random))
}
