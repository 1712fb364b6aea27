import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { platform, tmpdir, userInfo } from 'node:os'
import path from 'node:path'

/** Bytes: the smallest of what systems take for the path of a socket, its end and some room. */
const LONGEST_PATH = 100

/**
 * Where the embedded broker of an app root takes what the kernel publishes, whichever process it is in. Who may open it
 * is the kernel, so it stands in the app's own folder with mode 0600. Where the path of that is too long for a socket, it
 * is in a folder below the system's temporary one that this makes, and that nobody else may enter.
 */
export function socketPath(root: string): string {
  const absolute = path.resolve(root)
  const name = `m3saas-${createHash('sha256').update(absolute).digest('hex').slice(0, 32)}`
  if (platform() === 'win32') return `\\\\.\\pipe\\${name}`
  const own = path.join(absolute, 'data', 'mqtt.sock')
  if (fits(own)) return own
  const folder = path.join(tmpdir(), name)
  const elsewhere = path.join(folder, 'mqtt.sock')
  return fits(elsewhere) && isPrivate(folder) ? elsewhere : own
}

export function fits(socket: string): boolean {
  return socket.startsWith('\\\\') || Buffer.byteLength(socket) <= LONGEST_PATH
}

/** Made now if it is not there. Another user of the machine may have been first, to have the messages: then it is not taken. */
function isPrivate(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
  }
  const { uid, mode } = lstatSync(folder)
  return uid === userInfo().uid && (mode & 0o777) === 0o700
}
