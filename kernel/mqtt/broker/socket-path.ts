import { createHash } from 'node:crypto'
import { platform } from 'node:os'
import path from 'node:path'

/**
 * Where the embedded broker of an app root takes what the kernel publishes, whichever process it is in. Who may open it
 * is the kernel, so it stands in the app's own folder with mode 0600.
 */
export function socketPath(root: string): string {
  const absolute = path.resolve(root)
  if (platform() === 'win32') {
    return `\\\\.\\pipe\\m3saas-${createHash('sha256').update(absolute).digest('hex').slice(0, 32)}`
  }
  return path.join(absolute, 'data', 'mqtt.sock')
}
