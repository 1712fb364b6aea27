import type { EngineKind } from '../../kernel/engines/engine-kind.js'
import { isText } from './kinds.js'
import { columnOf, type Kind, type Row, type Table, type Value } from './world.js'

/** Whether a unique index over the columns takes two rows for one. NULL is like nothing. */
export function sameUnder(engine: EngineKind, table: Table, columns: readonly number[], a: Row, b: Row): boolean {
  return columns.every((id) => {
    const kind = columnOf(table, id)?.kind
    return kind !== undefined && sameValue(engine, kind, a.get(id) ?? null, b.get(id) ?? null)
  })
}

/** MySQL compares text without regard to case, accents and blanks at the end: utf8mb4_unicode_ci. */
export function sameValue(engine: EngineKind, kind: Kind, a: Value, b: Value): boolean {
  if (a === null || b === null) return false
  if (kind.type === 'decimal' || kind.type === 'float' || kind.type === 'double') return Number(a) === Number(b)
  const folds = engine === 'mysql' && (isText(kind) || kind.type === 'enum')
  return folds ? folded(a) === folded(b) : a === b
}

export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/ +$/, '')
}
