/** The outcome of measuring two things in turn: the best of each, and what it comes to. */
export interface Pair {
  readonly ours: number
  readonly bare: number
}

/**
 * Measures two things in turn, `rounds` times, and keeps the best of each: bare, ours, bare, ours, … so that whatever
 * slows the machine for a while slows both. `better` tells which of two results is the better one.
 */
export async function measureInTurn(
  rounds: number,
  better: (a: number, b: number) => number,
  bare: () => Promise<number>,
  ours: () => Promise<number>,
): Promise<Pair> {
  const results = { bare: await bare(), ours: await ours() }
  for (let round = 1; round < rounds; round++) {
    results.bare = better(results.bare, await bare())
    results.ours = better(results.ours, await ours())
  }
  return results
}

/** The least of so many measurements of the same thing. */
export async function best(rounds: number, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) least = Math.min(least, await measure())
  return least
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** One line of the table that the benchmark prints. */
export interface Figure {
  readonly name: string
  readonly ours: string
  readonly bare: string
  readonly result: string
  readonly reach: string
  readonly reached: boolean
}

/** A figure that is a ratio; `reach` is its bound, at least or at most. */
export function ratioFigure(
  name: string,
  pair: Pair,
  unit: string,
  reach: { readonly least: number } | { readonly most: number },
): Figure {
  const ratio = pair.ours / pair.bare
  const [bound, reached] =
    'least' in reach ? [`≥ ${reach.least}`, ratio >= reach.least] : [`≤ ${reach.most}`, ratio <= reach.most]
  return {
    name,
    ours: show(pair.ours, unit),
    bare: show(pair.bare, unit),
    result: ratio.toFixed(2),
    reach: bound,
    reached,
  }
}

export function show(value: number, unit: string): string {
  return `${value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1)} ${unit}`
}

/** The figures as a Markdown table. */
export function printTable(figures: readonly Figure[]): string {
  const rows = [
    ['figure', 'M3SaaS', 'bare', 'result', 'reach', ''],
    ['---', '---', '---', '---', '---', '---'],
    ...figures.map(({ name, ours, bare, result, reach, reached }) => [
      name,
      ours,
      bare,
      result,
      reach,
      reached ? 'ok' : 'short',
    ]),
  ]
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n')
}
