import type { ColumnSpec } from '../contract/columns.js'
import type { EngineKind } from '../engines/engine-kind.js'

type Conversion = (stored: unknown) => unknown

/**
 * How a stored value becomes that of a row where the driver does not give it so; undefined where it does.
 * A value that was set and not saved yet comes back as it was set.
 */
export function readConversion(spec: ColumnSpec, engine: EngineKind): Conversion | undefined {
  switch (spec.type) {
    case 'bigint':
      return (stored) => (typeof stored === 'number' || typeof stored === 'bigint' ? String(stored) : stored)
    case 'decimal':
      return (stored) => (typeof stored === 'number' ? stored.toFixed(spec.scale ?? 0) : stored)
    case 'boolean':
      // MySQL has no boolean, only TINYINT(1).
      return engine === 'mysql' ? (stored) => (typeof stored === 'number' ? stored !== 0 : stored) : undefined
    case 'json':
      return parsed
    default:
      return undefined
  }
}

/** JSON columns arrive as text on every engine. Text that is no JSON was set by the caller a moment ago. */
function parsed(stored: unknown): unknown {
  if (typeof stored !== 'string') return stored
  try {
    return JSON.parse(stored)
  } catch {
    return stored
  }
}
