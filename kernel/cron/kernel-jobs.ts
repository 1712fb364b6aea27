import type { BackupsConfig } from '../config/config.js'
import type { JobResult, RegisteredJob, Target } from './contract.js'
import { failureOf } from './target-failure.js'

/** What the kernel's own jobs call. */
export interface KernelWork {
  backUp(target: Target, signal: AbortSignal): Promise<unknown>
}

/** Jobs that the kernel brings along, on the catalog and on each tenant. They are kept by their names alone. */
export function kernelJobs({ backUp }: KernelWork, repeat: BackupsConfig['repeat']): readonly RegisteredJob[] {
  if (repeat === 'never') return []
  return [
    {
      key: 'database_backup',
      module: 'kernel',
      name: 'database_backup',
      schedule: { repeat, every: 1 },
      run: (target, signal) => resultOf(target, signal, backUp(target, signal)),
    },
  ]
}

async function resultOf(target: Target, signal: AbortSignal, work: Promise<unknown>): Promise<JobResult> {
  try {
    await work
    return { outcome: 'done' }
  } catch (error) {
    if (signal.aborted) return { outcome: 'stopped', error: 'it was ended while it ran' }
    const { message, faults = [] } = failureOf(target, error)
    return {
      outcome: 'failed',
      error: [message, ...faults.map((fault) => `${fault.path}: ${fault.message}`)].join('\n'),
    }
  }
}
