/** `utf8mb4_unicode_ci` → `utf8mb4`. A collation is named after its character set. */
export function charsetOf(collation: string): string {
  return collation.split('_', 1)[0] as string
}

/** `utf8_…` is an alias: servers show it as `utf8mb3_…`, or `utf8mb4_…` where they are set so. */
export function isSameCollation(wanted: string, found: string): boolean {
  const [a, b] = [wanted.toLowerCase(), found.toLowerCase()]
  return a === b || (a.startsWith('utf8_') && [`utf8mb3_${a.slice(5)}`, `utf8mb4_${a.slice(5)}`].includes(b))
}

const WIDTHS: Readonly<Record<string, number>> = {
  ascii: 1,
  binary: 1,
  latin1: 1,
  latin2: 1,
  ucs2: 2,
  utf8: 3,
  utf8mb3: 3,
}

/** The bytes that a character takes at most. */
export function characterWidth(collation: string): number {
  return WIDTHS[charsetOf(collation).toLowerCase()] ?? 4
}
