import { stat } from 'node:fs/promises'
import path from 'node:path'
import { M3Error, messageOf } from '../../errors.js'
import { EXTENSION_CONFIG, readExtensionConfig } from '../credentials/extension-config.js'
import { readCredentials } from '../credentials/read.js'
import type { BrokerLog } from './quiet-log.js'
import type { CurrentCredentials } from './sign-in.js'

/** A change is seen within a second; HiveMQ's extension looks once a minute. */
const POLL_MS = 500
/** A file may change twice within what its time can tell: what is younger than this is read once more. */
const SETTLED_MS = 1000

export interface CredentialsFileParts {
  readonly root: string
  /** From the root. */
  readonly file: string
  readonly log: BrokerLog
  /** Told of users that were there and are not any more. */
  readonly removed: (users: ReadonlySet<string>) => void
}

/**
 * The users and roles as the file has them now. Like HiveMQ’s extension a file that is broken or gone changes nothing, and
 * is told of once a change; at the start it means that no client can connect.
 */
export class CredentialsFile {
  readonly #parts: CredentialsFileParts
  readonly #path: string
  #current: CurrentCredentials | undefined
  #stamp = ''
  #told = ''
  #poll: NodeJS.Timeout | undefined
  #closed = false

  constructor(parts: CredentialsFileParts) {
    this.#parts = parts
    this.#path = path.resolve(parts.root, parts.file)
  }

  current(): CurrentCredentials | undefined {
    return this.#current
  }

  /** Reads the file, and again whenever it has changed. */
  async start(): Promise<void> {
    await this.#look()
    if (this.#closed) return
    this.#poll = setTimeout(() => void this.start(), POLL_MS).unref()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#poll)
  }

  async #look(): Promise<void> {
    const folder = path.dirname(this.#path)
    const stamps = await Promise.all([this.#path, path.join(folder, EXTENSION_CONFIG)].map(stampOf))
    const stamp = stamps.join(' ')
    if (stamp === this.#stamp) return
    // Taken before the file is read: what is written meanwhile makes another.
    this.#stamp = stamp
    try {
      await this.#read(folder, stamp)
    } catch (error) {
      this.#tellFault(error, stamps[0] === GONE)
    }
  }

  async #read(folder: string, stamp: string): Promise<void> {
    const { passwordType, fault } = await readExtensionConfig(folder)
    const credentials = await readCredentials(this.#path, passwordType)
    const before = this.#current
    this.#current = { credentials, passwordType }
    const removed = new Set(
      [...(before?.credentials.users.keys() ?? [])].filter((name) => !credentials.users.has(name)),
    )
    if (removed.size > 0) this.#parts.removed(removed)
    // Stamps of the same file while it settles are not worth a line each.
    const contents = settled(stamp)
    if (contents === this.#told) return
    this.#told = contents
    if (fault !== undefined) this.#parts.log.warn({ fault }, 'the defaults of the extension stand')
    this.#parts.log.info(
      { file: this.#parts.file, users: credentials.users.size, roles: credentials.roles.size },
      'the embedded broker has read its users',
    )
  }

  #tellFault(error: unknown, gone: boolean): void {
    const { log, file } = this.#parts
    const line = this.#current ? 'the users that were read before stay' : 'no client can connect to the embedded broker'
    const why = gone ? 'gone' : messageOf(error)
    const faults = error instanceof M3Error ? error.faults : []
    const told = JSON.stringify([why, faults, line])
    if (told === this.#told) return
    this.#told = told
    if (gone) {
      log.warn({ file }, `there is no ${file}: ${line}; m3saas mqtt user add makes it`)
    } else log.error({ file, faults }, `${file}: ${why}: ${line}`)
  }
}

const GONE = 'gone'

/** What is another with every change, whether the file is written in place or replaced. */
async function stampOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, mtimeNs } = await stat(file, { bigint: true })
    const young = Date.now() - Number(mtimeMs) < SETTLED_MS
    return `${ino}:${size}:${mtimeNs}${young ? '?' : ''}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? GONE : `${(error as NodeJS.ErrnoException).code}`
  }
}

function settled(stamp: string): string {
  return stamp.replaceAll('?', '')
}
