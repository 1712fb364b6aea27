import type { MqttConfig } from '../config/config.js'
import { type ErrorCode, M3Error } from '../errors.js'
import { SCOPED_ROLE } from '../mqtt/credentials/new-file.js'
import { randomPassword } from '../mqtt/credentials/password.js'
import { BrokerUsers } from '../mqtt/credentials/users.js'
import type { Invocation } from './invocation.js'
import { printError } from './output.js'

/** What became of the broker user of a tenant; undefined where tenants have none. */
export type BrokerUserOutcome =
  | { readonly username: string; readonly password: string }
  | { readonly username: string; readonly removed: true }
  /** It is still there: why. */
  | { readonly username: string; readonly kept: string }
  /** Nothing came of it. */
  | { readonly username: string; readonly error: { readonly code: ErrorCode; readonly message: string } }

/** A tenant that was added gets a user of its name. What counts is the catalog: a failure here undoes nothing there. */
export async function addBrokerUser(
  root: string,
  mqtt: MqttConfig,
  username: string,
): Promise<BrokerUserOutcome | undefined> {
  if (!mqtt.tenantUsers) return undefined
  return attempt(username, `m3saas mqtt user add ${username}`, async () => {
    const users = new BrokerUsers(root, mqtt)
    if ((await users.list()).some(({ name }) => name === username)) {
      return { username, kept: `it was there already; m3saas mqtt user passwd ${username} gives it another password` }
    }
    const password = randomPassword()
    await users.add(username, [SCOPED_ROLE], password)
    return { username, password }
  })
}

/** The user goes with its tenant, if it is one as tenants have; another one of that name is told of. */
export async function removeBrokerUser(
  root: string,
  mqtt: MqttConfig,
  username: string,
): Promise<BrokerUserOutcome | undefined> {
  const remedy = `m3saas mqtt user remove ${username}`
  const outcome = await attempt(username, remedy, async () => {
    const users = new BrokerUsers(root, mqtt)
    const all = await users.list()
    const user = all.find(({ name }) => name === username)
    if (!user) return undefined
    const isOfTenant = user.roles.every((role) => role === SCOPED_ROLE)
    if (!mqtt.tenantUsers || !isOfTenant) {
      const reason = mqtt.tenantUsers ? `it has roles besides ${SCOPED_ROLE}` : 'mqtt.tenantUsers is false'
      return { username, kept: `${reason}; ${remedy} removes it` }
    }
    if (all.length > 1) {
      await users.remove(username)
      return { username, removed: true }
    }
    await users.setPassword(username, randomPassword())
    return {
      username,
      kept: 'it is the last one, and HiveMQ refuses a file without users; nobody knows its password now',
    }
  })
  // Where tenants have no users of their own, a file that cannot be used is no concern of the tenant.
  return mqtt.tenantUsers || (outcome && 'kept' in outcome) ? outcome : undefined
}

/** The exit status; what could not be done is told on standard error. */
export function statusOf({ terminal, json }: Invocation, outcome: BrokerUserOutcome | undefined): number {
  if (!outcome || !('error' in outcome)) return 0
  return printError(terminal, json, new M3Error(outcome.error.code, outcome.error.message))
}

/** The lines that a person reads, behind what was done to the catalog. */
export function describeOutcome(outcome: BrokerUserOutcome | undefined): string {
  if (!outcome) return ''
  if ('password' in outcome) return `\nbroker user: ${outcome.username}\npassword: ${outcome.password}`
  if ('kept' in outcome) return `\nthe broker user ${outcome.username} is kept: ${outcome.kept}`
  if ('removed' in outcome) return `\nremoved the broker user ${outcome.username}`
  return ''
}

async function attempt(
  username: string,
  remedy: string,
  work: () => Promise<BrokerUserOutcome | undefined>,
): Promise<BrokerUserOutcome | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof M3Error)) throw error
    const places = error.faults.map(({ path, message }) => `; ${path}: ${message}`).join('')
    return { username, error: { code: error.code, message: `${error.message}${places}. To do so: ${remedy}` } }
  }
}
