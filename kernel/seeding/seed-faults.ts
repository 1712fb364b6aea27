import type { SeedRow } from '../contract/define-seed.js'
import { rowFaults } from '../contract/validate-row.js'
import { type Fault, M3Error } from '../errors.js'
import { describeKey, type TableSeeds } from './seed-plan.js'

export type SeedKind = 'main' | 'temporary'

/** Throws SEED_REFUSED with every fault of every row, so that nothing is written if anything is wrong. */
export function refuseFaultySeeds(seeds: readonly TableSeeds[], kind: SeedKind): void {
  const faults = seeds.flatMap((each) => faultsOf(each, kind))
  if (faults.length > 0) throw new M3Error('SEED_REFUSED', 'The seeds are not valid; nothing was written', { faults })
}

function faultsOf({ table, main, temporary }: TableSeeds, kind: SeedKind): Fault[] {
  const rows: { row: SeedRow; path: string }[] =
    kind === 'main'
      ? main.map(({ row }) => ({ row, path: `${table.name}.main[${describeKey(table, row)}]` }))
      : temporary.map((row, i) => ({ row, path: `${table.name}.temporary[${i}]` }))
  return rows.flatMap(({ row, path }) => [
    ...rowFaults(table.columns, row, path),
    ...Object.entries(table.columns)
      .filter(([column, spec]) => spec.autoIncrement && isZero(row[column]))
      .map(([column]) => ({
        path: `${path}.${column}`,
        message: 'must not be 0: MySQL takes it for "the next number"',
      })),
  ])
}

function isZero(value: unknown): boolean {
  return value === 0 || value === 0n || value === '0'
}
