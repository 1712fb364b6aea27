import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { CronEvent } from '../../kernel/cron/contract.js'

const file = path.join(path.dirname(fileURLToPath(import.meta.url)), 'cron-exactly-once-child.js')

/** How a process ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that ticks until nothing is due. */
export class TickingProcess {
  readonly #child: ChildProcess
  readonly ended: Promise<Ended>
  #stderr = ''

  constructor(root: string, onEvent: (event: CronEvent) => void = () => {}) {
    const child = spawn(process.execPath, [file, root], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => onEvent(JSON.parse(line)))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk
    })
    this.ended = once(child, 'close').then(([status, signal]) => ({ status, signal }))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Kills it; gives the moment, in milliseconds since 1970, by which it ran no more. */
  async kill(): Promise<number> {
    this.#child.kill('SIGKILL')
    await this.ended
    return Date.now()
  }
}
