import { open } from 'node:fs/promises'
import { platform } from 'node:os'

/** What file systems say that know no such thing for folders. */
const UNKNOWN = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/**
 * A name that was given or taken in a folder is on disk when this resolves, where the system can tell: Windows cannot, nor
 * can some file systems of networks.
 */
export async function syncFolder(folder: string): Promise<void> {
  if (platform() === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!UNKNOWN.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle.close()
  }
}
