import type { ColumnSpec } from './columns.js'

const BITS = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, id: 32, bigint: 64 } as const

/**
 * The smallest and largest value of an integer column, undefined for other types.
 * https://dev.mysql.com/doc/refman/8.0/en/integer-types.html
 */
export function integerRange(spec: ColumnSpec): { least: bigint; most: bigint } | undefined {
  const bits = BITS[spec.type as keyof typeof BITS]
  if (bits === undefined) return undefined
  return spec.unsigned
    ? { least: 0n, most: 2n ** BigInt(bits) - 1n }
    : { least: -(2n ** BigInt(bits - 1)), most: 2n ** BigInt(bits - 1) - 1n }
}
