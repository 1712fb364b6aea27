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
 * A property is looked at twice: with the seed of every run, so that a change that breaks it is seen at once, and with a
 * new one, so that it is not always the same. `M3SAAS_TEST_SEED=… M3SAAS_TEST_PATH=… npm test -- <file>` replays what a
 * failure prints.
 */
export function propertyRuns(numRuns: number): PropertyRun[] {
  const seeds: [string, number][] =
    M3SAAS_TEST_SEED === undefined
      ? [
          ['the seed of every run', FIXED_SEED],
          ['a seed of this run', Math.floor(Math.random() * 2 ** 31)],
        ]
      : [['the given seed', Number(M3SAAS_TEST_SEED)]]
  return seeds.map(([name, seed]) => runOf(name, seed, Math.ceil(numRuns / seeds.length)))
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
