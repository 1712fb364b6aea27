import type { Limits } from './limits.js'

type AdmissionLimits = Pick<
  Limits,
  'connections' | 'connectionsOfAddress' | 'connectionsOfUser' | 'strangers' | 'strangersOfAddress'
>

/** Counts connections: in all, by address, by user, and of those that have not signed in, who are to crowd nobody out. */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #addresses = new Map<string, { all: number; strangers: number }>()
  readonly #users = new Map<string, number>()
  #all = 0
  #strangers = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Undefined: there are too many already. Whatever it gives must be told of the connection's end. */
  enter(address: string): Admitted | undefined {
    const limits = this.#limits
    const of = this.#addresses.get(address) ?? { all: 0, strangers: 0 }
    if (this.#all >= limits.connections || of.all >= limits.connectionsOfAddress) return undefined
    if (this.#strangers >= limits.strangers || of.strangers >= limits.strangersOfAddress) return undefined
    this.#addresses.set(address, of)
    this.#all++
    of.all++
    this.#strangers++
    of.strangers++
    let user: string | undefined
    let gone = false
    return {
      signIn: (name) => {
        const ofUser = this.#users.get(name) ?? 0
        if (gone || user !== undefined || ofUser >= limits.connectionsOfUser) return false
        user = name
        this.#users.set(name, ofUser + 1)
        this.#strangers--
        of.strangers--
        return true
      },
      leave: () => {
        if (gone) return
        gone = true
        this.#all--
        if (--of.all === 0) this.#addresses.delete(address)
        if (user === undefined) {
          this.#strangers--
          of.strangers--
          return
        }
        const left = (this.#users.get(user) ?? 1) - 1
        if (left > 0) this.#users.set(user, left)
        else this.#users.delete(user)
      },
    }
  }
}

export interface Admitted {
  /** False: the user has too many connections. */
  signIn(user: string): boolean
  leave(): void
}
