import { chmod, stat } from 'node:fs/promises'
import path from 'node:path'
import { EXTENSION_CONFIG, readExtensionConfig } from '../../mqtt/credentials/extension-config.js'

const READABLE = 0o044
/** A folder must be entered, too. */
const OPEN = 0o055

/**
 * HiveMQ in its container reads the folder of broker users as a user of its own, while a file that was made for the
 * embedded broker is for its owner alone, and so is all that a strict umask has cloned: HiveMQ would let nobody in. Gives
 * them the mode that they have otherwise; a file with passwords that are not hashed is left. What it did or what is to
 * be done; undefined where HiveMQ can read it, and on Windows, where files have no such modes.
 */
export async function openToBroker(root: string, credentials: string): Promise<string | undefined> {
  if (path.sep === '\\') return undefined
  const file = path.resolve(root, credentials)
  const folder = path.dirname(file)
  const opened = [await open(folder, OPEN), await open(path.join(folder, EXTENSION_CONFIG), READABLE)]
  const { passwordType } = await readExtensionConfig(folder)
  if (passwordType !== 'HASHED' && !(await isOpen(file, READABLE))) {
    return 'HiveMQ cannot read it: its mode is for its owner alone'
  }
  opened.push(await open(file, READABLE))
  return opened.includes(true) ? 'HiveMQ can read it now' : undefined
}

/** Whether that was to be done. What is not there needs nothing. */
async function open(place: string, bits: number): Promise<boolean> {
  if (await isOpen(place, bits)) return false
  const { mode } = await stat(place)
  await chmod(place, (mode & 0o7777) | bits)
  return true
}

async function isOpen(place: string, bits: number): Promise<boolean> {
  try {
    const others = bits & 0o007
    return ((await stat(place)).mode & others) === others
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}
