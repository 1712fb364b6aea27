import type { RegisteredJob } from './contract.js'

/** Jobs that the kernel brings along, on the catalog and on each tenant. They are kept by their names alone. */
export const kernelJobs: readonly RegisteredJob[] = [
  {
    key: 'database_backup',
    module: 'kernel',
    name: 'database_backup',
    schedule: { repeat: 'month', every: 1 },
    unavailable: 'this version has no backup feature to call',
  },
]
