import type { Domain } from '../live-schema.js'

const MOST = 2n ** 63n - 1n
const INTEGERS = /^(?:INT|INTEGER|TINYINT|SMALLINT|MEDIUMINT|BIGINT|INT[1-8])$/
const TEXTS = /^(?:VARCHAR|CHAR|CHARACTER|VARYING CHARACTER|NVARCHAR|NCHAR)\( ?(\d+) ?\)$/
const DECIMALS = /^(?:DECIMAL|DECIMAL_TEXT|NUMERIC)\( ?(\d+) ?(?:, ?(\d+) ?)?\)$/
const WORD = "'[^']*(?:''[^']*)*'"
const ENUMERATION = new RegExp(String.raw`^@ IN \( (${WORD}(?: , ${WORD})*) \)$`)

/**
 * What a column can hold, by its declared type in capitals and the checks that `columnDefinition` makes for it, in
 * canonical text.
 */
export function domainOf(type: string, checks: readonly string[]): Domain {
  const unsigned = checks.some((check) => /@ >= 0$|@ NOT LIKE '-%'$/.test(check))
  if (type === 'TINYINT(1)') return { kind: 'integer', least: 0n, most: 1n }
  if (INTEGERS.test(type)) return integer(checks)
  const decimal = DECIMALS.exec(type)
  if (decimal) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2] ?? 0), unsigned }
  const text = TEXTS.exec(type)
  if (text) return { kind: 'text', characters: Number(text[1]) }
  switch (type) {
    case 'FLOAT':
      return { kind: 'float', unsigned }
    case 'DOUBLE':
    case 'REAL':
    case 'DOUBLE PRECISION':
      return { kind: 'double', unsigned }
    case 'DATE':
      return { kind: 'date' }
    case 'TIME':
      return { kind: 'time' }
    case 'DATETIME':
      return { kind: 'datetime' }
    case 'JSON_TEXT':
    case 'JSON':
      return { kind: 'json' }
    case 'BLOB':
      return { kind: 'blob' }
    case 'TEXT':
      return words(checks) ?? { kind: 'text', characters: 65_535 }
    default:
      return { kind: 'other', type }
  }
}

function integer(checks: readonly string[]): Domain {
  for (const check of checks) {
    const [, least, most] = /@ BETWEEN (-? ?\d+) AND (-? ?\d+)$/.exec(check) ?? []
    if (least !== undefined && most !== undefined) return { kind: 'integer', least: bound(least), most: bound(most) }
  }
  return { kind: 'integer', least: -MOST - 1n, most: MOST }
}

function bound(text: string): bigint {
  return BigInt(text.replace(' ', ''))
}

function words(checks: readonly string[]): Domain | undefined {
  const list = checks.map((check) => ENUMERATION.exec(check)?.[1]).find((found) => found !== undefined)
  if (list === undefined) return undefined
  const values = [...list.matchAll(new RegExp(WORD, 'g'))].map(([word]) => word.slice(1, -1).replaceAll("''", "'"))
  return { kind: 'enum', values }
}
