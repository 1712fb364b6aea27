/** A value as text that is equal exactly if the value is, in every process: keys in order, symbols by their names. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(plain(value))
}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'symbol':
      return { $symbol: value.description }
    case 'bigint':
      return { $bigint: String(value) }
    case 'object':
      break
    default:
      return value
  }
  if (value === null) return null
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  const keys = Object.keys(value).sort()
  return Object.fromEntries(keys.map((key) => [key, plain((value as Record<string, unknown>)[key])]))
}
