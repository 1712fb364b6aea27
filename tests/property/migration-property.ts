import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { Database, Engine } from '../../kernel/engines/contract.js'
import { checkPair } from './check-pair.js'
import { anyPair } from './pair.js'

/** Gives `use` an empty database of its own. */
export type EmptyDatabase = <T>(use: (database: Database, engine: Engine) => Promise<T>) => Promise<T>

const { M3SAAS_TEST_PAIRS, M3SAAS_TEST_SEED, M3SAAS_TEST_PATH } = process.env
/** In both runs together. */
const PAIRS = Number(M3SAAS_TEST_PAIRS ?? 200)
const FIXED_SEED = 20_240_229
/** A property that refuses more than this is no proof of anything. */
const LEAST_MIGRATED = 0.7

/**
 * Half of the pairs are the same at every run, half are new ones. A failure prints the seed and the path that replay it:
 * `M3SAAS_TEST_SEED=… M3SAAS_TEST_PATH=… npm test -- property`.
 */
export function migrationProperty(withDatabase: EmptyDatabase): void {
  const runs =
    M3SAAS_TEST_SEED === undefined
      ? { 'the seed of every run': FIXED_SEED, 'a seed of this run': Math.floor(Math.random() * 2 ** 31) }
      : { 'the given seed': Number(M3SAAS_TEST_SEED) }
  for (const [name, seed] of Object.entries(runs)) {
    test(`any database migrates to any other or is refused, nothing lost: ${name}`, async (t) => {
      await checkPairs(t, seed, Math.ceil(PAIRS / Object.keys(runs).length), withDatabase)
    })
  }
}

async function checkPairs(t: TestContext, seed: number, numRuns: number, withDatabase: EmptyDatabase): Promise<void> {
  const counts = { migrated: 0, refused: 0 }
  const property = fc.asyncProperty(anyPair, async (pair) => {
    counts[await withDatabase((database, engine) => checkPair(database, engine, pair))]++
  })
  const path = M3SAAS_TEST_PATH === undefined ? {} : { path: M3SAAS_TEST_PATH }
  const details = await fc.check(property, { seed, numRuns, ...path })
  const message = details.failed ? await fc.asyncDefaultReportMessage(details) : undefined
  assert.equal(message, undefined)
  const share = counts.migrated / numRuns
  t.diagnostic(
    `seed ${seed}: ${numRuns} pairs, ${counts.migrated} migrated (${Math.round(share * 100)} %), ${counts.refused} refused`,
  )
  if (numRuns >= 100) assert.ok(share >= LEAST_MIGRATED, `only ${Math.round(share * 100)} % were not refused`)
}
