import { chmod, stat } from 'node:fs/promises'
import path from 'node:path'
import { readExtensionConfig } from '../../mqtt/credentials/extension-config.js'

const READABLE = 0o044

/**
 * HiveMQ in its container reads the file of broker users as a user of its own, while one that was made for the embedded
 * broker is for its owner alone: HiveMQ would let nobody in. Gives such a file the mode that a new one has where HiveMQ
 * is configured; one with passwords that are not hashed is left. What it did or what is to be done; undefined where
 * HiveMQ can read it.
 */
export async function openToBroker(root: string, credentials: string): Promise<string | undefined> {
  const file = path.resolve(root, credentials)
  const { mode } = await stat(file)
  if ((mode & 0o004) !== 0) return undefined
  const { passwordType } = await readExtensionConfig(path.dirname(file))
  if (passwordType !== 'HASHED') return 'HiveMQ cannot read it: its mode is for its owner alone'
  await chmod(file, (mode & 0o777) | READABLE)
  return 'HiveMQ can read it now'
}
