import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { propertyRuns } from '../support/property-runs.js'
import { checkPair } from './check-pair.js'
import { anyPair } from './pair.js'

/** Gives `use` an empty database of its own. */
export type EmptyDatabase = <T>(use: (database: Database, engine: Engine) => Promise<T>) => Promise<T>

const PAIRS = Number(process.env.M3SAAS_TEST_PAIRS ?? 200)
/** A property that refuses more than the rest is no proof of much. */
const LEAST_MIGRATED = 0.7

export function migrationProperty(withDatabase: EmptyDatabase): void {
  for (const { name, seed, numRuns, check } of propertyRuns(PAIRS)) {
    test(`any database migrates to any other or is refused, nothing lost: ${name}`, async (t) => {
      const counts = { migrated: 0, refused: 0 }
      await check(
        fc.asyncProperty(anyPair, async (pair) => {
          counts[await withDatabase((database, engine) => checkPair(database, engine, pair))]++
        }),
      )
      const pairs = counts.migrated + counts.refused
      const share = counts.migrated / pairs
      const percent = `${Math.round(share * 100)} %`
      t.diagnostic(`seed ${seed}: ${pairs} pairs, ${counts.migrated} migrated (${percent}), ${counts.refused} refused`)
      if (numRuns >= 100) assert.ok(share >= LEAST_MIGRATED, `only ${percent} were not refused`)
    })
  }
}
