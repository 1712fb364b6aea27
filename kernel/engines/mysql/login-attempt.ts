import { M3Error } from '../../errors.js'
import { isAccountLocked, isWrongPassword } from './failures.js'

/** Only the server can tell whether a password is right. Any other trouble shows when the tenant is served. */
export async function tryLogin(login: () => Promise<void>): Promise<'accepted' | 'refused' | 'locked'> {
  try {
    await login()
  } catch (error) {
    if (isWrongPassword(error)) return 'refused'
    if (isAccountLocked(error)) return 'locked'
    if (!(error instanceof M3Error)) throw error
  }
  return 'accepted'
}

/** No restore has done it: it is on purpose, and not undone. */
export function lockedByOthers(user: string): M3Error {
  const message = `The account of the user ${user} is locked on the database server: an administrator did so`
  return new M3Error('DATABASE_UNAVAILABLE', message, { retryAfter: 5 })
}

export async function verifyLogin(login: () => Promise<void>, user: string): Promise<void> {
  if ((await tryLogin(login)) === 'accepted') return
  throw new M3Error(
    'TENANT_UNAVAILABLE',
    `The database server refuses the user ${user} though its password was just set: another account, such as ` +
      `${user}@localhost or an anonymous one, takes precedence there; drop that account`,
  )
}
