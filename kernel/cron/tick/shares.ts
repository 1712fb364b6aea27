/** How much of the process cron jobs may take at a time. */
export interface Shares {
  /** Databases that are looked at. */
  readonly looks: number
  /** Jobs that run. */
  readonly jobs: number
  /** Connections of the budget that are kept for each of these jobs. */
  readonly connectionsPerJob: number
}

const MOST_LOOKS = 8
/** Left of the budget for the catalog, and for a tenant that is provisioned. */
const SPARE_CONNECTIONS = 3

/** Half of the connections at most are lent to jobs: requests need the others. */
export function sharesOf(
  limits: { readonly connections: number; readonly connectionsPerTenant: number },
  parallel: number,
): Shares {
  const half = Math.max(1, Math.floor((limits.connections - SPARE_CONNECTIONS) / 2))
  const connectionsPerJob = Math.min(limits.connectionsPerTenant, half)
  return {
    looks: Math.min(MOST_LOOKS, half),
    jobs: Math.min(parallel, Math.max(1, Math.floor(half / connectionsPerJob))),
    connectionsPerJob,
  }
}
