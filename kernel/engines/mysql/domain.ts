import type { Domain } from '../live-schema.js'

const BITS: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 }

/** Bytes, of which a character takes one at least. https://dev.mysql.com/doc/refman/8.0/en/storage-requirements.html */
const TEXTS: Readonly<Record<string, number>> = {
  tinytext: 255,
  text: 65_535,
  mediumtext: 16_777_215,
  longtext: 4_294_967_295,
}

/** What a column of this type, as information_schema shows it in COLUMN_TYPE, can hold: `int(10) unsigned` → 0 … 2³²−1. */
export function domainOf(type: string): Domain {
  const [, word = '', inner = ''] = /^(\w+)(?:\((.*)\))?/s.exec(type) ?? []
  const unsigned = /\bunsigned\b/.test(type)
  switch (word) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      if (type === 'tinyint(1)') return { kind: 'integer', least: 0n, most: 1n }
      return integerDomain(BigInt(BITS[word] ?? 32), unsigned)
    case 'decimal': {
      const [precision = 10, scale = 0] = inner.split(',').map(Number)
      return { kind: 'decimal', precision, scale, unsigned }
    }
    case 'float':
    case 'double':
      return { kind: word, unsigned }
    case 'date':
    case 'time':
    case 'datetime':
    case 'json':
    case 'blob':
      return { kind: word }
    case 'varchar':
    case 'char':
      return { kind: 'text', characters: Number(inner) }
    case 'enum':
      return { kind: 'enum', values: wordsOf(inner) }
    default:
      return word in TEXTS ? { kind: 'text', characters: TEXTS[word] ?? 0 } : { kind: 'other', type }
  }
}

function integerDomain(bits: bigint, unsigned: boolean): Domain {
  return unsigned
    ? { kind: 'integer', least: 0n, most: 2n ** bits - 1n }
    : { kind: 'integer', least: -(2n ** (bits - 1n)), most: 2n ** (bits - 1n) - 1n }
}

const ESCAPED: Readonly<Record<string, string>> = { "''": "'", '\\n': '\n', '\\r': '\r', '\\0': '\0', '\\\\': '\\' }

/** `'a','it''s'` → its words. The servers put a backslash before a backslash and for what cannot be seen. */
function wordsOf(list: string): string[] {
  return [...list.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)].map(([, word = '']) =>
    word.replace(/''|\\./gs, (escaped) => ESCAPED[escaped] ?? escaped.slice(1)),
  )
}
