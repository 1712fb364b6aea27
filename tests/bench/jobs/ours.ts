import { json } from 'node:stream/consumers'
import type { Kernel } from '../../../kernel/kernel.js'
import { residentMegabytes } from '../memory.js'
import { openBenchKernel } from '../tenants.js'

/** Runs what is due of an app root in this process. Prints how long that took, and the memory on the way. */
export interface OurInput {
  readonly root: string
  readonly configFile: string
  /** As if it were this moment, of ISO 8601. */
  readonly now: string
  /** Memory is looked at first after about so many jobs. */
  readonly first: number
}

export interface OurResult {
  readonly jobs: number
  readonly ms: number
  /** Megabytes after the first jobs, and after all. Nothing runs at these moments. */
  readonly first: number
  readonly last: number
}

const input = (await json(process.stdin)) as OurInput
const kernel = await openBenchKernel(input)
try {
  await kernel.prepareCatalog()
  const beginning = await runDue(kernel, input.first)
  const first = residentMegabytes()
  const rest = await runDue(kernel, Number.POSITIVE_INFINITY)
  const last = residentMegabytes()
  const result: OurResult = { jobs: beginning.jobs + rest.jobs, ms: beginning.ms + rest.ms, first, last }
  process.stdout.write(JSON.stringify(result))
} finally {
  await kernel.close()
}

/** One tick that begins no more jobs once so many are done. */
async function runDue({ cron }: Kernel, most: number): Promise<{ jobs: number; ms: number }> {
  const began = performance.now()
  const enough = new AbortController()
  let jobs = 0
  for await (const event of cron.tick({ now: new Date(input.now) }, enough.signal)) {
    if (event.event === 'failure') throw new Error(`tenant ${event.target}: ${event.message}`)
    if (event.event !== 'run') continue
    if (event.outcome !== 'done') throw new Error(`tenant ${event.target}: ${event.outcome}: ${event.error}`)
    if (++jobs === most) enough.abort()
  }
  return { jobs, ms: performance.now() - began }
}
