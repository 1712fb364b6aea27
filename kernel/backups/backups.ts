import { M3Error } from '../errors.js'
import type { TenantId } from '../names.js'
import { eventsOf } from '../tenants/event-channel.js'
import { readText } from './archive/open-file.js'
import type {
  BackupActions,
  BackupEvent,
  BackupReport,
  BackupSummary,
  CreateOptions,
  Download,
  HistoryEntry,
  RestoreReport,
  RestoreRequest,
  Target,
  WorkOptions,
} from './contract.js'
import { createAll } from './create-all.js'
import { createBackup } from './create-backup.js'
import {
  type BackupFile,
  backupPath,
  findBackup,
  listBackups,
  openBackup,
  removeBackup,
} from './folder/backup-files.js'
import type { BackupParts } from './parts.js'
import { requestedBackup, restoreBackup } from './restore-backup.js'

/** The backups of this process. */
export class Backups implements BackupActions {
  readonly #parts: BackupParts
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()

  constructor(parts: BackupParts) {
    this.#parts = parts
  }

  create(target: Target, options: WorkOptions & CreateOptions): Promise<BackupReport> {
    return this.#run(options, async (own) => createBackup(this.#parts, await this.#parts.subject(target), own))
  }

  createAll({ signal }: { readonly signal: AbortSignal }): AsyncIterable<BackupEvent> {
    const ending = AbortSignal.any([signal, this.#closing.signal])
    return eventsOf<BackupEvent>((emit, leaving) => this.#noted(createAll(this.#parts, emit, leaving)), ending)
  }

  async list(target?: Target): Promise<readonly BackupSummary[]> {
    const database = target === undefined ? undefined : (await this.#parts.subject(target)).database
    return this.#summaries(await listBackups(this.#parts.folder, database), database)
  }

  async choose(request: Pick<RestoreRequest, 'from' | 'at'>): Promise<BackupSummary> {
    const [summary] = await this.#summaries([await requestedBackup(this.#parts, request)])
    return summary as BackupSummary
  }

  async history(target: Target | undefined, most: number): Promise<readonly HistoryEntry[]> {
    const { history, subject } = this.#parts
    if (target === undefined) return history.newest({ most })
    return history.newest({ database: (await subject(target)).database, most })
  }

  async open(target: Target | undefined, name: string): Promise<Download> {
    const file = await this.#find(target, name)
    const [summary] = await this.#summaries([file], file.database)
    const { bytes, stream } = await openBackup(this.#parts.folder, file)
    return { summary: { ...(summary as BackupSummary), bytes }, bytes, stream }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const file = await this.#find(undefined, name)
    const { all } = await this.#parts.keys()
    yield* readText(backupPath(this.#parts.folder, file), file.name, { keys: all })
  }

  async remove(target: Target | undefined, name: string): Promise<void> {
    await removeBackup(this.#parts.folder, await this.#find(target, name))
  }

  restore(request: RestoreRequest, options: WorkOptions): Promise<RestoreReport> {
    return this.#run(options, (own) => restoreBackup(this.#parts, request, own))
  }

  /** Ends what runs: nothing of it is left, and databases are as they were. */
  async close(): Promise<void> {
    this.#closing.abort(shuttingDown())
    await Promise.allSettled(this.#running)
    await this.#parts.threads.close()
  }

  async #find(target: Target | undefined, name: string): Promise<BackupFile> {
    const file = await findBackup(this.#parts.folder, name)
    if (target === undefined || file.database === (await this.#parts.subject(target)).database) return file
    throw new M3Error(
      'BACKUP_UNKNOWN',
      `There is no backup named ${name} of ${target === 'catalog' ? 'the catalog' : `tenant ${target}`}`,
    )
  }

  /** What only the catalog knows is left out where that cannot be asked: the files are there all the same. */
  async #summaries(files: readonly BackupFile[], database?: string): Promise<readonly BackupSummary[]> {
    const { engine, history, tenantsByName, log } = this.#parts
    const [figures, tenants] = await Promise.all([history.figures(database), tenantsByName()]).catch(
      (error: unknown) => {
        log.warn({ err: error }, 'the catalog cannot be read: backups are listed without their figures')
        return [new Map<string, { rows: number; ms: number }>(), new Map<string, TenantId>()] as const
      },
    )
    return files.map(({ taken, ...file }) => {
      const target = file.database === engine.catalog.name ? 'catalog' : tenants.get(file.database)
      return {
        ...file,
        taken: taken.toISOString(),
        ...(target === undefined ? {} : { target }),
        ...figures.get(file.name),
      }
    })
  }

  async #run<O extends WorkOptions, T>(options: O, work: (options: O) => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) throw shuttingDown()
    const signal = AbortSignal.any([options.signal, this.#closing.signal])
    return this.#noted(work({ ...options, signal }))
  }

  #noted<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => {},
      () => {},
    )
    this.#running.add(settled)
    settled.finally(() => this.#running.delete(settled))
    return work
  }
}

function shuttingDown(): M3Error {
  return new M3Error('SHUTTING_DOWN', 'The process is shutting down', { retryAfter: 5 })
}
