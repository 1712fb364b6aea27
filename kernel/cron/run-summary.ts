import type { RunRecord, RunSummary, Target } from './contract.js'
import { parseJobKey } from './registry.js'

/** A run as it is told of. */
export function summaryOf<R extends RunRecord>(
  target: Target,
  run: R,
): RunSummary & { readonly outcome: R['outcome'] } {
  const { module, name } = parseJobKey(run.job)
  return {
    id: run.id,
    target,
    module,
    job: name,
    attempt: run.attempt,
    tick: run.tick.toISOString(),
    started: run.started.toISOString(),
    ...(run.ended ? { ended: run.ended.toISOString(), ms: run.ended.getTime() - run.started.getTime() } : {}),
    outcome: run.outcome,
    ...(run.error === undefined ? {} : { error: run.error }),
  }
}
