import type { Backups } from './backups.js'
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

/** Backups that are loaded when they are first needed: a server starts without them. */
export class LazyBackups implements BackupActions {
  readonly #load: () => Promise<Backups>
  #backups: Promise<Backups> | undefined
  #isClosed = false

  constructor(load: () => Promise<Backups>) {
    this.#load = load
  }

  async create(target: Target, options: WorkOptions & CreateOptions): Promise<BackupReport> {
    return (await this.#loaded()).create(target, options)
  }

  async *createAll(options: { readonly signal: AbortSignal }): AsyncGenerator<BackupEvent, void, undefined> {
    yield* (await this.#loaded()).createAll(options)
  }

  async list(target?: Target): Promise<readonly BackupSummary[]> {
    return (await this.#loaded()).list(target)
  }

  async choose(request: Pick<RestoreRequest, 'from' | 'at'>): Promise<BackupSummary> {
    return (await this.#loaded()).choose(request)
  }

  async history(target: Target | undefined, most: number): Promise<readonly HistoryEntry[]> {
    return (await this.#loaded()).history(target, most)
  }

  async open(target: Target | undefined, name: string): Promise<Download> {
    return (await this.#loaded()).open(target, name)
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    yield* (await this.#loaded()).read(name)
  }

  async remove(target: Target | undefined, name: string): Promise<void> {
    return (await this.#loaded()).remove(target, name)
  }

  async restore(request: RestoreRequest, options: WorkOptions): Promise<RestoreReport> {
    return (await this.#loaded()).restore(request, options)
  }

  /** See `Backups.close`. What was never needed is not loaded for it. */
  async close(): Promise<void> {
    this.#isClosed = true
    await (await this.#backups)?.close()
  }

  async #loaded(): Promise<Backups> {
    this.#backups ??= this.#load()
    const backups = await this.#backups
    // It may have been closed while it was loaded.
    if (this.#isClosed) void backups.close()
    return backups
  }
}
