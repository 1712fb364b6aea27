import { type Fault, M3Error } from '../../errors.js'
import type { Session } from '../contract.js'
import { SchemaSession } from './schema-session.js'
import { StayingObjects } from './staying-objects.js'

const NAMED_ROWS = 5

/**
 * See `Engine.changeSchema`. Foreign keys are not enforced meanwhile, for dropping a table deletes its rows first, and
 * what refers to them with it. The pragma does nothing in a transaction, so the session must be in none.
 */
export async function changeSchema<T>(
  session: Session,
  staying: readonly string[],
  fn: (session: Session) => Promise<T>,
): Promise<T> {
  await session.execute('PRAGMA foreign_keys = OFF')
  const [setting] = await session.select<{ foreign_keys: number }>('PRAGMA foreign_keys')
  if (setting?.foreign_keys !== 0) throw new TypeError('changeSchema was called within a transaction')
  let result: T
  try {
    result = await session.transaction((inner) => change(inner, staying, fn))
  } catch (error) {
    // What went wrong says more than settings that do not come back; a connection without them is used by nobody else.
    await restoreSettings(session).catch(() => undefined)
    throw error
  }
  await restoreSettings(session)
  return result
}

async function restoreSettings(session: Session): Promise<void> {
  await session.execute('PRAGMA legacy_alter_table = OFF')
  await session.execute('PRAGMA foreign_keys = ON')
}

async function change<T>(
  session: Session,
  staying: readonly string[],
  fn: (session: Session) => Promise<T>,
): Promise<T> {
  const objects = new StayingObjects(staying)
  const result = await fn(new SchemaSession(session, objects))
  await objects.bringBack(session)
  await refuseOrphans(session)
  return result
}

/** Throws MIGRATION_REFUSED if any row refers to nothing. */
async function refuseOrphans(session: Session): Promise<void> {
  const tables = await session.select<{ name: string }>(
    `SELECT DISTINCT m.name AS name FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) WHERE m.type = 'table'`,
  )
  const faults: Fault[] = []
  for (const { name } of tables) {
    const orphans = await session.select<{ row: number | string | null; parent: string }>(
      `SELECT rowid AS row, parent FROM pragma_foreign_key_check(?) LIMIT ${NAMED_ROWS + 1}`,
      [name],
    )
    if (orphans.length > 0) faults.push({ path: name, message: orphanText(orphans) })
  }
  if (faults.length === 0) return
  const message = 'Rows would refer to nothing after the migration; nothing was changed. Correct or delete them first'
  throw new M3Error('MIGRATION_REFUSED', message, { faults })
}

function orphanText(orphans: readonly { row: number | string | null; parent: string }[]): string {
  const parents = [...new Set(orphans.map(({ parent }) => parent))].join(', ')
  const rows = orphans.slice(0, NAMED_ROWS).flatMap(({ row }) => row ?? [])
  const named = rows.length > 0 ? `, by rowid: ${rows.join(', ')}` : ''
  return `has rows that refer to rows of ${parents} that are not there${named}${orphans.length > NAMED_ROWS ? ', …' : ''}`
}
