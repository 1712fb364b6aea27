import { text } from 'node:stream/consumers'
import { openBenchKernel } from '../tenants.js'

/** What one backup or restore of tenant 1 is to be measured on: sent to a process of its own. */
export interface RunInput {
  readonly root: string
  readonly configFile: string
  readonly action: 'backup' | 'restore'
}

export interface RunResult {
  readonly ms: number
  readonly rows: number
  readonly bytes: number
  /** The most that the process held, over what it held before. */
  readonly megabytes: number
}

/** Prints a RunResult as JSON. */
const input: RunInput = JSON.parse(await text(process.stdin))
const kernel = await openBenchKernel(input)
try {
  await kernel.prepareCatalog()
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  for (let i = 0; i < 4; i++) globalThis.gc()
  const before = process.memoryUsage.rss()
  const began = performance.now()
  const { signal } = new AbortController()
  const { rows, bytes } =
    input.action === 'backup'
      ? await kernel.backups.create(1, { reason: 'manual', signal })
      : await kernel.backups.restore({ from: 1 }, { signal })
  const ms = performance.now() - began
  // Kilobytes, and the highest there ever was.
  const megabytes = (process.resourceUsage().maxRSS * 1024 - before) / 1024 ** 2
  const result: RunResult = { ms, rows, bytes, megabytes }
  process.stdout.write(JSON.stringify(result))
} finally {
  await kernel.close()
}
