import { datetime, int, now } from '../../../kernel/contract/columns.js'
import { defineSeed } from '../../../kernel/contract/define-seed.js'
import { defineTable } from '../../../kernel/contract/define-table.js'
import { declare } from '../../support/schemas.js'

/** A fingerprint as another process sees it. */
export function sample(): string {
  const table = defineTable('things', { columns: { at: datetime().default(now), level: int() } })
  const seed = defineSeed(table, { main: [{ id: 1, at: new Date(0), level: 1 }] })
  return declare({ tables: [table], seeds: [seed] }).fingerprint
}
