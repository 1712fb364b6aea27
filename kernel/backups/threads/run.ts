import type { WorkOptions } from '../contract.js'
import type { DumpResult, DumpTask, LoadResult, LoadTask } from './tasks.js'
import type { ThreadPool } from './thread-pool.js'

/** Does the work of backups in threads, so that requests do not wait for it. */
export interface BackupThreads {
  /** Throws BACKUP_FAILED, DATABASE_UNAVAILABLE, or the signal’s reason; nothing is left in the folder then. */
  dump(task: DumpTask, options: WorkOptions): Promise<DumpResult>
  /**
   * Throws BACKUP_INVALID if the file is damaged, cut off, encrypted with another key or of another engine. What is wrong
   * with what was loaded is in its report.
   */
  load(task: LoadTask, options: WorkOptions): Promise<LoadResult>
  /** Ends what runs. */
  close(): Promise<void>
}

/** `parallel` threads at most; none is started before it is needed, and idle ones end soon. */
export function createBackupThreads(parallel: number): BackupThreads {
  let pool: Promise<ThreadPool> | undefined
  let isClosed = false
  const open = async () => {
    if (isClosed) throw new Error('the threads of backups are closed')
    pool ??= import('./thread-pool.js').then(({ ThreadPool }) => new ThreadPool(parallel))
    return pool
  }
  return {
    dump: async (task, options) => (await open()).run({ kind: 'dump', task }, options) as Promise<DumpResult>,
    load: async (task, options) => (await open()).run({ kind: 'load', task }, options) as Promise<LoadResult>,
    async close() {
      isClosed = true
      await (await pool)?.close()
    },
  }
}
