import fc from 'fast-check'

const { M3SAAS_TEST_SEED, M3SAAS_TEST_PATH } = process.env
const FIXED_SEED = 20_240_229

export interface PropertyRun {
  /** For the name of a test. */
  readonly name: string
  readonly seed: number
  readonly numRuns: number
  /** Throws with the seed, the path and the smallest counterexample. */
  check<T>(property: fc.IAsyncProperty<T>): Promise<void>
}

/**
 * A property is looked at with the seed of every run, so that a change that breaks it is seen at once and a failure is
 * that change's. `M3SAAS_TEST_SEED=random`, as `npm run test:property` has it, looks at as much again with a new seed.
 * `M3SAAS_TEST_SEED=… M3SAAS_TEST_PATH=… npm test -- <file>` replays what a failure prints.
 */
export function propertyRuns(numRuns: number): PropertyRun[] {
  if (M3SAAS_TEST_SEED === undefined) return [runOf('the seed of every run', FIXED_SEED, numRuns)]
  if (M3SAAS_TEST_SEED !== 'random') return [runOf('the given seed', Number(M3SAAS_TEST_SEED), numRuns)]
  const half = Math.ceil(numRuns / 2)
  return [
    runOf('the seed of every run', FIXED_SEED, half),
    runOf('a seed of this run', Math.floor(Math.random() * 2 ** 31), half),
  ]
}

function runOf(name: string, seed: number, numRuns: number): PropertyRun {
  const path = M3SAAS_TEST_PATH === undefined ? {} : { path: M3SAAS_TEST_PATH }
  return {
    name,
    seed,
    numRuns,
    check: (property) => fc.assert(property, { seed, numRuns, includeErrorInReport: true, ...path }),
  }
}
