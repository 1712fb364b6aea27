import type { CronEvent, RegisteredJob, Target, TickOptions } from '../contract.js'
import { failureOf } from '../target-failure.js'
import type { TickTime } from './decide.js'
import type { Place } from './place.js'
import type { TickParts } from './tick-parts.js'

/** How often a job of another process is looked at again, in case that one has died: not at all, once, until it is done. */
export type Patience = 'none' | 'once' | 'endless'

export interface TickRequest extends TickOptions {
  readonly patience: Patience
  /** Called when every database has been looked at; jobs may run on. */
  looked?(): void
}

/** Jobs of a database that another process has. */
export interface Claimed {
  readonly jobs: readonly RegisteredJob[]
  /** Milliseconds until the last of their leases runs out. */
  readonly leaseLeft: number
}

/** What all that a tick does has in common. */
export interface TickContext {
  readonly parts: TickParts
  readonly time: TickTime
  /** No job begins any more. */
  readonly ending: AbortSignal
  emit(event: CronEvent): Promise<void>
  /** To be looked at again when the leases of the others have run out. */
  awaitOthers(place: Place, claimed: Claimed): void
}

/** Tells that a database could not be dealt with, and why. */
export async function tellFailure({ parts, ending, emit }: TickContext, target: Target, error: unknown): Promise<void> {
  // Called off by the end of the tick: that is no failure of the database's.
  if (ending.aborted && error instanceof Error && error.name === 'AbortError') return
  const failure = failureOf(target, error)
  if (failure.code === 'INTERNAL') parts.unforeseen(error, target)
  await emit({ event: 'failure', ...failure })
}
