import type { CronActions, CronEvent, JobsReport, RunSummary, Target, TickOptions } from './contract.js'
import type { Cron } from './cron.js'

/** A server serves first: its calendar is loaded so much later. */
const START_MS = 2000

/** Cron jobs that are loaded when they are first needed: a calendar and a pool of threads take a while. */
export class LazyCron implements CronActions {
  readonly #load: () => Promise<Cron>
  #cron: Promise<Cron> | undefined
  #starting: NodeJS.Timeout | undefined
  #closed = false

  constructor(load: () => Promise<Cron>) {
    this.#load = load
  }

  /** See `Cron.start`. `failed` is told if they cannot be loaded. */
  start(failed: (error: unknown) => void): void {
    this.#starting = setTimeout(() => {
      this.#use((cron) => cron.start()).catch(failed)
    }, START_MS)
    this.#starting.unref()
  }

  async *tick(options: TickOptions, signal: AbortSignal): AsyncGenerator<CronEvent, void, undefined> {
    yield* (await this.#loaded()).tick(options, signal)
  }

  list(target: Target | undefined, now?: Date): Promise<JobsReport> {
    return this.#use((cron) => cron.list(target, now))
  }

  runs(target: Target, filter: { readonly job?: string; readonly most: number }): Promise<readonly RunSummary[]> {
    return this.#use((cron) => cron.runs(target, filter))
  }

  run(target: Target, module: string, job: string, now?: Date): Promise<RunSummary> {
    return this.#use((cron) => cron.run(target, module, job, now))
  }

  /** See `Cron.close`. What was never needed is not loaded for it. */
  async close(seconds: number): Promise<void> {
    this.#closed = true
    clearTimeout(this.#starting)
    await (await this.#cron)?.close(seconds)
  }

  async #use<T>(fn: (cron: Cron) => T | Promise<T>): Promise<T> {
    return fn(await this.#loaded())
  }

  async #loaded(): Promise<Cron> {
    this.#cron ??= this.#load()
    const cron = await this.#cron
    // It may have been closed while it was loaded.
    if (this.#closed) void cron.close(0)
    return cron
  }
}
