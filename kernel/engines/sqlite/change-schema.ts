import type { Session } from '../contract.js'
import { Orphans } from './orphans.js'
import { SchemaSession } from './schema-session.js'
import { StayingObjects } from './staying-objects.js'

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
  const orphans = await Orphans.find(session)
  const result = await fn(new SchemaSession(session, objects, orphans))
  await objects.bringBack(session)
  await orphans.refuseMore(session)
  return result
}
