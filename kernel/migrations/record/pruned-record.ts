import type { LiveSchema } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import { find, nameIn } from '../diff/names.js'
import type { SchemaRecord } from './schema-record.js'

/** What is written before the first drop: wherever a kill falls, what is missing then is known to have been pruned. */
export function pruningRecord(record: SchemaRecord, names: readonly string[]): SchemaRecord {
  return { ...record, pruning: [...new Set([...(record.pruning ?? []), ...names])] }
}

/** What is written after the last drop. `live` is what was there before; what a killed pruning dropped is forgotten, too. */
export function prunedRecord(
  { pruning = [], ...record }: SchemaRecord,
  live: LiveSchema,
  names: readonly string[],
): SchemaRecord {
  const missing = pruning.filter((name) => !find(live, live.tables, name) && !find(live, live.views, name))
  const gone = new Set([...names, ...missing].map((name) => nameIn(live, name)))
  const without = <T>(among: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(among).filter(([name]) => !gone.has(nameIn(live, name))))
  const { expected } = record
  return {
    ...record,
    tables: without(record.tables),
    views: without(record.views),
    expected: { ...expected, tables: without(expected.tables), views: without(expected.views) },
  }
}

/** Without what a pruning that was killed has done or was about to do, which was on purpose. */
export function unintended(faults: readonly Fault[], { pruning }: Pick<SchemaRecord, 'pruning'>): Fault[] {
  return faults.filter(({ path }) => !pruning?.includes(path))
}
