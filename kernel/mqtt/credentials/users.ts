import path from 'node:path'
import type { MqttConfig } from '../../config/config.js'
import { M3Error } from '../../errors.js'
import type { PasswordType } from './credentials.js'
import { addUser, removeUser, setPassword } from './edit.js'
import { readExtensionConfig } from './extension-config.js'
import { newCredentials } from './new-file.js'
import { parseCredentials } from './parse.js'
import { hashPassword } from './password.js'
import { readXmlText } from './read.js'
import { brokerUserFault } from './user-name.js'
import { changeFile } from './write.js'

/** A user as it is listed: never with its password, hashed or not. */
export interface ListedUser {
  readonly name: string
  readonly roles: readonly string[]
}

/** MQTT has no room for more. In bytes. */
const LONGEST_PASSWORD = 65_535

/**
 * The broker's users, kept in the `credentials.xml` of the configuration. Throws CREDENTIALS_INVALID if the file cannot be
 * used, BROKER_USER_REFUSED if a change makes no sense; the file is as it was then.
 */
export class BrokerUsers {
  readonly #file: string

  constructor(
    root: string,
    readonly config: Pick<MqttConfig, 'credentials' | 'hashIterations' | 'sharedTopics' | 'embedded'>,
  ) {
    this.#file = path.resolve(root, config.credentials)
  }

  /** In the order of the file; none if there is no file. */
  list(): Promise<readonly ListedUser[]> {
    return this.#named(async () => {
      const xml = await readXmlText(this.#file)
      if (xml === undefined) return []
      const { users } = parseCredentials(xml, await this.#passwordType(), 'users may be missing')
      return [...users.values()].map(({ name, roles }) => ({ name, roles }))
    })
  }

  /** The file is made if it is not there. */
  async add(name: string, roles: readonly string[], password: string): Promise<void> {
    const fault = brokerUserFault(name, this.config.sharedTopics)
    if (fault) throw refusal(`The name of a broker user ${fault}`)
    await this.#change(password, (type, stored) => {
      const user = { name, roles: [...new Set(roles)], password: stored }
      return (xml) => (xml === undefined ? newCredentials(type, user) : addUser(xml, type, user))
    })
  }

  async setPassword(name: string, password: string): Promise<void> {
    await this.#change(password, (type, stored) => (xml) => setPassword(this.#required(xml), type, name, stored))
  }

  async remove(name: string): Promise<void> {
    await this.#named(async () => {
      const type = await this.#passwordType()
      await changeFile(this.#file, this.#newMode(), (xml) => removeUser(this.#required(xml), type, name))
    })
  }

  /** Hashed before the file is locked: that takes its time. */
  async #change(
    password: string,
    changeOf: (type: PasswordType, stored: string) => (xml: string | undefined) => string,
  ): Promise<void> {
    await this.#named(async () => {
      const type = await this.#passwordType()
      const stored = await this.#stored(password, type)
      await changeFile(this.#file, this.#newMode(), changeOf(type, stored))
    })
  }

  async #stored(password: string, type: PasswordType): Promise<string> {
    if (password === '') throw refusal('The password must not be empty')
    if (Buffer.byteLength(password) > LONGEST_PASSWORD) throw refusal('The password is longer than MQTT allows')
    if (type === 'HASHED') return hashPassword(password, { iterations: this.config.hashIterations })
    if (/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(password)) throw refusal('The password must have no control characters')
    return password
  }

  #required(xml: string | undefined): string {
    if (xml === undefined) throw refusal('There are no broker users yet: there is no such file')
    return xml
  }

  async #passwordType(): Promise<PasswordType> {
    return (await readExtensionConfig(path.dirname(this.#file))).passwordType
  }

  /** A HiveMQ in a container reads it as a user of its own. It holds hashes, whose cost is `mqtt.hashIterations`. */
  #newMode(): number {
    return this.config.embedded ? 0o600 : 0o644
  }

  /** Errors name the file as the configuration does. */
  async #named<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof M3Error)) throw error
      const { code, message, faults, cause } = error
      throw new M3Error(code, `${this.config.credentials}: ${message}`, { faults, cause })
    }
  }
}

function refusal(message: string): M3Error {
  return new M3Error('BROKER_USER_REFUSED', message)
}
