import { open } from 'node:fs/promises'
import { platform } from 'node:os'

/** A name that was given or taken in a folder is on disk when this resolves. Windows has no such thing for folders. */
export async function syncFolder(folder: string): Promise<void> {
  if (platform() === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
