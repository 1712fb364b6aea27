import { pause } from '../clock.js'
import type { RegisteredJob } from '../contract.js'
import { isShort } from '../due/due.js'
import type { Place } from './place.js'
import type { Claimed, Patience, TickContext } from './tick-context.js'

/**
 * What a visit comes to: jobs that others have; nothing more to wait for; or `missed`, since another tick of this process
 * has to do with the database, or it could not be looked at.
 */
export type Visited = Claimed | 'seen' | 'missed'

/** Behind the end of a lease: its process may be late with a sign of life by some milliseconds. */
const GRACE_MS = 500
const LONGEST_WAIT_MS = 45_000

/** Those of the jobs that are to be waited for and are not yet, by any tick of this process. Whoever calls it waits. */
export function toWatch(
  watched: Set<string>,
  { target }: Pick<Place, 'target'>,
  { jobs, leaseLeft }: Claimed,
  patience: Patience,
): (Claimed & { release(): void }) | undefined {
  const keyOf = ({ key }: RegisteredJob) => `${target} ${key}`
  // Jobs of minutes are looked at every minute anyhow.
  const wanted = jobs.filter((job) => !watched.has(keyOf(job)) && !(patience === 'endless' && isShort(job.schedule)))
  if (patience === 'none' || wanted.length === 0) return undefined
  for (const job of wanted) watched.add(keyOf(job))
  const release = () => {
    for (const job of wanted) watched.delete(keyOf(job))
  }
  return { jobs: wanted, leaseLeft, release }
}

/** Looks again when the leases have run out, in case their processes died. Gives the jobs that others still have then. */
export async function watchOthers(
  { parts, ending }: TickContext,
  claimed: Claimed,
  patience: Patience,
  visit: (jobs: readonly RegisteredJob[]) => Promise<Visited>,
): Promise<readonly RegisteredJob[]> {
  let { jobs, leaseLeft } = claimed
  for (;;) {
    await pause(parts.clock, Math.min(leaseLeft + GRACE_MS, LONGEST_WAIT_MS), ending)
    if (ending.aborted) return jobs
    const visited = await parts.looks.within(ending, () => visit(jobs))
    if (visited === 'seen') return []
    if (visited === 'missed') leaseLeft = LONGEST_WAIT_MS
    else if (visited) ({ jobs, leaseLeft } = visited)
    if (patience === 'once') return jobs
  }
}
