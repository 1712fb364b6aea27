import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Ending } from '../../support/ending.js'
import { type BackupKernel, BackupRoot } from './backup-root.js'

/** Modules are loaded once a process: the later form of one is told apart by its URL. */
export async function laterKernel(ending: Ending, root: BackupRoot): Promise<BackupKernel> {
  const moved = path.join(root.root, '..', `${path.basename(root.root)}-later`)
  await rename(root.root, moved)
  ending.after(() => rm(moved, { recursive: true, force: true }))
  const later = Object.assign(Object.create(BackupRoot.prototype) as BackupRoot, { ...root, root: moved })
  return later.bare()
}
