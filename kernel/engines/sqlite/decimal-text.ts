/** Beyond the largest double, and far beyond the digits of any column. */
const MOST_EXPONENT = 400

/**
 * A number with exactly `scale` digits behind the point, rounded half away from zero as MySQL rounds decimals; digits
 * are counted as written, a double's as JavaScript writes it. Undefined for what is no number.
 */
export function roundedDecimal(value: unknown, scale: number): string | undefined {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
  if (typeof text !== 'string') return undefined
  const match = /^\s*([-+]?)(\d*)(?:\.(\d*))?(?:e([-+]?\d+))?\s*$/i.exec(text)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? []
  if (!match || whole + fraction === '' || Math.abs(Number(exponent)) > MOST_EXPONENT) return undefined
  // In units of the last digit that is kept; what stands behind it is cut off and looked at.
  const kept = whole.length + Number(exponent) + scale
  const digits = (whole + fraction).padEnd(kept, '0')
  const cut = kept < 0 ? '0' : digits.slice(0, kept)
  const units = BigInt(cut || '0') + (kept >= 0 && digits.charAt(kept) >= '5' ? 1n : 0n)
  const padded = String(units).padStart(scale + 1, '0')
  const minus = sign === '-' && units > 0n ? '-' : ''
  const point = padded.length - scale
  return scale === 0 ? minus + padded : `${minus}${padded.slice(0, point)}.${padded.slice(point)}`
}
