import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Config } from '../../config/config.js'
import { parseConfig } from '../../config/load-config.js'
import { M3Error, messageOf } from '../../errors.js'
import { SERVER_ROLE } from '../../mqtt/credentials/new-file.js'
import { randomPassword } from '../../mqtt/credentials/password.js'
import { BrokerUsers } from '../../mqtt/credentials/users.js'
import { openToBroker } from './broker-file.js'
import { writeComposeUser } from './compose-user.js'
import { BROKER_HOST, freeName, newConfig } from './new-config.js'
import { readIfThere, writeOnce } from './write-once.js'

/** What became of one file. */
export interface InitOutcome {
  /** From the app root. */
  readonly file: string
  readonly state: 'written' | 'kept' | 'failed'
  /** What was added to it, or why it failed. */
  readonly note?: string
}

const DATABASE_PASSWORD = 'secrets/db_root_password.secret'
const CONFIG = 'secrets/config.json.secret'
const OPS_TOKEN = 'secrets/ops_token.secret'

/**
 * Writes the files of secrets that are not there, with random values. One that is there is never touched, and another
 * file takes over its values. The server’s broker user is added where the configuration names one that is not there.
 */
export async function initSecrets(root: string): Promise<readonly InitOutcome[]> {
  const outcomes: InitOutcome[] = []
  /** Undefined if it failed; the other files are written all the same. */
  const attempt = async <T>(file: string, work: () => Promise<Attempt<T> | undefined>): Promise<T | undefined> => {
    try {
      const done = await work()
      if (!done) return undefined
      const { value, written, note } = done
      outcomes.push({ file, state: written ? 'written' : 'kept', ...(note === undefined ? {} : { note }) })
      return value
    } catch (error) {
      outcomes.push({ file, state: 'failed', note: reasonOf(error) })
      return undefined
    }
  }
  const read = await readConfig(root)
  const databasePassword = await attempt(DATABASE_PASSWORD, () => databasePasswordOf(root, read))
  const config = await attempt(CONFIG, () => configOf(root, read, databasePassword))
  await attempt(OPS_TOKEN, () => opsTokenOf(root, config))
  const { host, username, password } = config?.mqtt.broker ?? {}
  if (config && host === BROKER_HOST && username !== undefined && password !== undefined) {
    await attempt(config.mqtt.credentials, () => brokerUserOf(root, config.mqtt, username, password))
  }
  if (config) await attempt('.env', () => writeComposeUser(root, CONFIG))
  return outcomes
}

interface Attempt<T> {
  readonly value: T
  readonly written: boolean
  readonly note?: string
}

/** The configuration that is there; an error if it cannot be used, undefined if there is none. */
async function readConfig(root: string): Promise<Config | Error | undefined> {
  try {
    const text = await readIfThere(path.join(root, CONFIG))
    return text === undefined ? undefined : parsed(text)
  } catch (error) {
    return error as Error
  }
}

/** MySQL takes no line end for a part of it. */
async function databasePasswordOf(root: string, config: Config | Error | undefined): Promise<Attempt<string>> {
  const { text, written } = await writeOnce(path.join(root, DATABASE_PASSWORD), () => {
    if (config instanceof Error) throw new Error(`it must be the password in ${CONFIG}, which cannot be read`)
    return `${rootPasswordOf(config) ?? randomPassword()}\n`
  })
  const value = text.replace(/[\r\n]+$/, '')
  if (value === '' || /[\r\n]/.test(value)) {
    throw new Error('it must hold a password, in one line; delete it to get a new one')
  }
  return { value, written }
}

/** That of the configuration, if the server is to sign in as root. */
function rootPasswordOf(config: Config | undefined): string | undefined {
  const { user, password } = config?.tenants.database ?? {}
  return user === 'root' && password ? password : undefined
}

async function configOf(
  root: string,
  read: Config | Error | undefined,
  databasePassword: string | undefined,
): Promise<Attempt<Config>> {
  if (read instanceof Error) throw read
  if (read) return { value: read, written: false }
  if (databasePassword === undefined) throw new Error(`it must have the password of ${DATABASE_PASSWORD}`)
  const taken = await new BrokerUsers(root, parsed('{}').mqtt).list()
  const { text, written } = await writeOnce(path.join(root, CONFIG), () =>
    newConfig({
      dbSalt: randomBytes(32).toString('base64url'),
      databasePassword,
      username: freeName(taken.map(({ name }) => name)),
      password: randomPassword(),
    }),
  )
  return { value: parsed(text), written }
}

async function opsTokenOf(root: string, config: Config | undefined): Promise<Attempt<undefined>> {
  const make = () => `${config?.ops.token ?? randomBytes(32).toString('base64url')}\n`
  const { written } = await writeOnce(path.join(root, OPS_TOKEN), make)
  return { value: undefined, written }
}

/** A user that is there keeps its password: it may be in use. */
async function brokerUserOf(
  root: string,
  mqtt: Config['mqtt'],
  username: string,
  password: string,
): Promise<Attempt<undefined>> {
  const users = new BrokerUsers(root, mqtt)
  const isThere = (await users.list()).some(({ name }) => name === username)
  if (!isThere) await users.add(username, [SERVER_ROLE], password)
  const opened = await openToBroker(root, mqtt.credentials)
  const notes = [...(isThere ? [] : [`broker user ${username}`]), ...(opened === undefined ? [] : [opened])]
  return { value: undefined, written: !isThere, ...(notes.length > 0 ? { note: notes.join('; ') } : {}) }
}

function parsed(text: string): Config {
  let given: unknown
  try {
    given = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new Error('it is not JSON')
  }
  return parseConfig(given, {}, CONFIG)
}

/** One line, without a path of the machine. */
function reasonOf(error: unknown): string {
  if (error instanceof M3Error) {
    const faults = error.faults.map(({ path: place, message }) => `${place} ${message}`.trim())
    return [error.message.split('\n', 1)[0]?.replace(/:$/, ''), ...faults].join('; ')
  }
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? messageOf(error) : `it cannot be read or written (${code})`
}
