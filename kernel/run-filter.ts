/** Which runs of a history are asked for. */
export interface RunFilter {
  /** The key of a job, such as `notes@v1/purge`. */
  readonly job?: string
  /** So many at most, the newest. */
  readonly most: number
}

/** Where nobody says how many. */
export const MOST_RUNS = 20

export const MOST_RULE = 'a whole number from 1 to 1000'

/** Undefined if it is not as MOST_RULE says. */
export function parseMost(text: string): number | undefined {
  return /^[1-9]\d{0,3}$/.test(text) && Number(text) <= 1000 ? Number(text) : undefined
}
