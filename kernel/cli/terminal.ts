import type { Readable, Writable } from 'node:stream'

/** The process as a command sees it. `main.ts` gives the real one, tests give their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** `isTTY`: a person types it. */
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable
  /** `isTTY`: a person looks at it. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  /** Calls `handler` at each of the signals; returns the way to stop it. */
  onSignal(signals: readonly NodeJS.Signals[], handler: (signal: NodeJS.Signals) => void): () => void
  /** Calls `handler` with whatever nobody caught: a module's timer that throws must not take the other tenants down. */
  onUncaught(handler: (error: unknown) => void): void
  /** At its end the process is killed: a thread of it cannot be ended, and an orderly exit would wait for it. */
  killAtEnd?(): void
  /** Ends the process at once: for a second signal, when the first was not enough. */
  exit(status: number): void
}
