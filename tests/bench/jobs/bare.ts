import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ConnectionOptions } from 'mysql2/promise'
import { Piscina } from 'piscina'

/** The baseline: Piscina as it comes, with a new thread for each job, so many at a time. Prints how long all took. */
export interface BareInput {
  readonly logins: readonly ConnectionOptions[]
  readonly query: string
  readonly parallel: number
}

export interface BareResult {
  readonly jobs: number
  readonly ms: number
}

const { logins, query, parallel } = (await json(process.stdin)) as BareInput
const filename = fileURLToPath(new URL('./bare-job.js', import.meta.url))
const began = performance.now()
let jobs = 0
const work = async () => {
  for (let login = logins[jobs++]; login; login = logins[jobs++]) {
    const pool = new Piscina({ filename, maxThreads: 1 })
    await pool.run({ login, query })
    await pool.destroy()
  }
}
await Promise.all(Array.from({ length: parallel }, work))
const result: BareResult = { jobs: logins.length, ms: performance.now() - began }
process.stdout.write(JSON.stringify(result))
