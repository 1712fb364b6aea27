/** What a job wrote down of itself, in milliseconds since 1970. */
export interface Mark {
  readonly pid: number
  readonly began: number
  /** Null if it never came to its end. */
  readonly ended: number | null
}

/**
 * Pairs of runs of one job that may have been at work at the same time. One without an end went on until its process was
 * killed, or goes on to this day.
 */
export function overlaps(marks: readonly Mark[], killedAt: ReadonlyMap<number, number>): [Mark, Mark][] {
  const endOf = ({ pid, ended }: Mark) => ended ?? killedAt.get(pid) ?? Number.POSITIVE_INFINITY
  const sorted = [...marks].sort((a, b) => a.began - b.began)
  return sorted.flatMap((mark, i) =>
    sorted.slice(i + 1).flatMap((later): [Mark, Mark][] => (later.began <= endOf(mark) ? [[mark, later]] : [])),
  )
}
