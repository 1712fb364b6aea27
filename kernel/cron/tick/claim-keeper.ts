import type { Clock } from '../clock.js'

/** How long a claim holds without a sign of life, and how often its process gives one. In milliseconds. */
export interface Lease {
  readonly ms: number
  readonly heartbeatMs: number
}

/** A process that dies frees its claims in under a minute. */
export const LEASE: Lease = { ms: 40_000, heartbeatMs: 10_000 }

export interface KeptClaim {
  /** Another process may have the job by now. */
  readonly lost: boolean
  /** Resolves once no sign of life is under way. */
  stop(): Promise<void>
}

/** After a sign of life that could not be given, the next one. */
const AGAIN_MS = 1000

export interface KeeperParts {
  readonly clock: Clock
  readonly lease: Lease
  /** Gives a sign of life. False if the claim is gone; throws if the database did not take it. */
  extend(): Promise<boolean>
  /**
   * The job may be another's: what runs here has to end at once. So it is when the claim is gone, and, where
   * `endsUnheard`, shortly before a lease runs out that could not be renewed.
   */
  onLost(): void
  /** False on SQLite: while a long transaction of the job keeps its database busy, nobody else can claim there either. */
  readonly endsUnheard: boolean
}

/** Keeps a claim alive that was taken a moment ago. */
export function keepClaim({ clock, lease, extend, onLost, endsUnheard }: KeeperParts): KeptClaim {
  let [lost, stopped] = [false, false]
  let beat = Promise.resolve()
  let cancelBeat = () => {}
  let cancelEnd = () => {}
  const lose = () => {
    if (lost || stopped) return
    lost = true
    cancelBeat()
    cancelEnd()
    onLost()
  }
  /** From the moment at which a sign of life was sent: when it arrived is not known. */
  const renew = (since: number) => {
    cancelEnd()
    const left = lease.ms - lease.heartbeatMs / 2 - (clock.elapsed() - since)
    if (endsUnheard) cancelEnd = clock.after(Math.max(0, left), lose)
  }
  const schedule = (ms: number) => {
    if (lost || stopped) return
    cancelBeat = clock.after(ms, () => {
      beat = give()
    })
  }
  const give = async () => {
    const since = clock.elapsed()
    try {
      if (!(await extend())) return lose()
      if (lost || stopped) return
      renew(since)
      schedule(lease.heartbeatMs)
    } catch {
      // Whatever the reason, the lease has not run out yet: there is time for another attempt.
      schedule(Math.min(AGAIN_MS, lease.heartbeatMs))
    }
  }
  renew(clock.elapsed())
  schedule(lease.heartbeatMs)
  return {
    get lost() {
      return lost
    },
    async stop() {
      stopped = true
      cancelBeat()
      cancelEnd()
      await beat
    },
  }
}
