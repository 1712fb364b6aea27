/** What is to be pruned in one database. */
export interface PruneRequest {
  /** Tables and views whose modules are not loaded. */
  readonly tables: boolean
  /** Copies taken before destructive steps. */
  readonly copies: boolean
  /** Of the copies only those taken at least so many days ago; undefined: all. */
  readonly olderThan: number | undefined
  /** False: it is only looked at. */
  readonly confirmed: boolean
}

/** As callers name it. */
export type PruneChoice = Partial<Pick<PruneRequest, 'tables' | 'copies' | 'olderThan'>>

export const DAYS_RULE = 'a whole number of days, from 0 to 36500'

/**
 * What is meant by a choice: nothing named is all of it. An age alone means copies alone, for whoever clears old copies
 * away must not lose tables by it.
 */
export function pruneRequest({ tables, copies, olderThan }: PruneChoice, confirmed: boolean): PruneRequest {
  const isNamed = tables === true || copies === true
  return {
    tables: isNamed ? tables === true : olderThan === undefined,
    copies: isNamed ? copies === true : true,
    olderThan,
    confirmed,
  }
}

/** Undefined if it is not as DAYS_RULE says. */
export function parseDays(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 36_500 ? Number(text) : undefined
}
