import { GuessLimit } from '../../guess-limit.js'
import type { Credentials, PasswordType } from '../credentials/credentials.js'
import type { Limits } from './limits.js'
import { type Grants, grantsOf, mayPublish, type Publication } from './permissions.js'
import { Turns } from './turns.js'

/** What the files of the extension say now. */
export interface CurrentCredentials {
  readonly credentials: Credentials
  readonly passwordType: PasswordType
}

export interface SignInRequest {
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  /** That of the client, or the one that it was given. */
  readonly clientId: string
  readonly will: Publication | undefined
  readonly address: string
}

/** The answers of MQTT 3.1.1 (3.2.2.3): a client id or a login that is refused, a broker that is busy, and all else. */
export const REFUSED = { clientId: 2, busy: 3, login: 4, notAuthorized: 5 } as const

export type SignInResult =
  | { readonly grants: Grants }
  | { readonly refused: (typeof REFUSED)[keyof typeof REFUSED]; readonly why: string }

export interface SignInParts {
  readonly limits: Pick<Limits, 'wrongOfUser' | 'wrongOfAddress' | 'hashing' | 'waitingForHash'>
  /** Undefined: there was no file yet that could be read. */
  readonly current: () => CurrentCredentials | undefined
  readonly verify: (password: Uint8Array, stored: string, type: PasswordType) => Promise<boolean>
  /** A stored password that is nobody's, as costly to compare with as others: how long it takes does not tell users apart. */
  readonly decoy: () => Promise<string>
  readonly clock?: { now(): number }
}

/**
 * Lets clients in as HiveMQ’s file RBAC extension does, in its order and with its answers
 * (https://github.com/hivemq/hivemq-file-rbac-extension, `FileAuthAuthenticator`). What it has not: who guesses is not
 * listened to for a while, and passwords are compared a few at a time.
 */
export class SignIn {
  readonly #parts: SignInParts
  readonly #turns: Turns
  readonly #guessesOfUser: GuessLimit
  readonly #guessesOfAddress: GuessLimit

  constructor(parts: SignInParts) {
    const { limits, clock } = parts
    this.#parts = parts
    this.#turns = new Turns(limits.hashing, limits.waitingForHash)
    this.#guessesOfUser = new GuessLimit(clock, limits.wrongOfUser)
    this.#guessesOfAddress = new GuessLimit(clock, limits.wrongOfAddress)
  }

  async judge(request: SignInRequest): Promise<SignInResult> {
    const { username, password, clientId, will, address } = request
    if (username === undefined || password === undefined)
      return refused('login', 'there is no user name or no password')
    if (/[#+]/.test(clientId)) return refused('clientId', 'the client id has a # or +')
    if (/[#+]/.test(username)) return refused('login', 'the user name has a # or +')
    const current = this.#parts.current()
    if (!current) return refused('notAuthorized', 'there is no valid file of users')
    // By user and address: one device with an old password does not lock out those that share its address.
    const guesser = `${address} ${username}`
    const seconds = Math.max(this.#guessesOfUser.secondsToWait(guesser), this.#guessesOfAddress.secondsToWait(address))
    if (seconds > 0) return refused('busy', `too many wrong logins; the next is looked at in ${seconds} s`)
    const right = await this.#isRight(current, username, password)
    if (right === undefined) return refused('busy', 'too many logins are being looked at')
    if (!right) {
      this.#guessesOfUser.wrong(guesser)
      this.#guessesOfAddress.wrong(address)
      return refused('notAuthorized', 'the user is unknown or the password wrong')
    }
    // The file may have changed meanwhile: what it says now counts.
    const { credentials } = this.#parts.current() ?? current
    const user = credentials.users.get(username)
    if (user?.password !== current.credentials.users.get(username)?.password) {
      return refused('busy', 'the user’s password was changed while it was looked at')
    }
    if (!user || user.roles.length === 0) return refused('notAuthorized', 'the user has no roles')
    return admit(credentials, user.roles, { username, clientId }, will)
  }

  async #isRight({ credentials, passwordType }: CurrentCredentials, username: string, password: Uint8Array) {
    const user = credentials.users.get(username)
    return this.#turns.run(async () => {
      if (user) return this.#parts.verify(password, user.password, passwordType)
      await this.#parts.verify(password, await this.#parts.decoy(), 'HASHED')
      return false
    })
  }
}

function admit(
  credentials: Credentials,
  roles: readonly string[],
  login: { readonly username: string; readonly clientId: string },
  will: Publication | undefined,
): SignInResult {
  let grants: Grants
  try {
    grants = grantsOf(credentials, roles, login)
  } catch (error) {
    return refused('notAuthorized', `a permission of its roles cannot be judged: ${(error as Error).message}`)
  }
  if (will && !mayPublish(grants, will)) return refused('notAuthorized', 'its will may not be published')
  return { grants }
}

function refused(what: keyof typeof REFUSED, why: string): SignInResult {
  return { refused: REFUSED[what], why }
}
