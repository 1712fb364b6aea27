import { setTimeout as pause } from 'node:timers/promises'
import { M3Error } from '../errors.js'
import type { Kernel } from '../kernel.js'

const BETWEEN_MILLISECONDS = 500
/** Who reads the log of a start that waits sees that it goes on. */
const REMIND_SECONDS = 10

/**
 * A database server that is still starting, as it may be beside this one, is waited for: for
 * `tenants.database.waitSeconds`. One that answers is enough: what it refuses, a wrong password above all, the start
 * itself tells. Resolves to false if the signal comes first. Throws DATABASE_UNAVAILABLE when the time is over.
 */
export async function awaitDatabase(kernel: Kernel, signal: AbortSignal): Promise<boolean> {
  const { log } = kernel
  const { database } = kernel.config.tenants
  // Files are there or are made.
  if (!database) return !signal.aborted
  const { host, port, waitSeconds } = database
  const place = `${host}:${port}`
  const began = performance.now()
  const passed = () => (performance.now() - began) / 1000
  let reminded: number | undefined
  while (!signal.aborted) {
    const reason = await whyAway(kernel)
    if (reason === undefined) {
      if (reminded !== undefined) log.info({ seconds: round(passed()) }, `the database server at ${place} answers`)
      return true
    }
    if (passed() >= waitSeconds) throw away(place, reason, waitSeconds)
    if (reminded === undefined || passed() - reminded >= REMIND_SECONDS) {
      reminded = passed()
      const left = Math.ceil(waitSeconds - reminded)
      log.warn({ reason }, `the database server at ${place} does not answer (${reason}); waiting ${left} s for it`)
    }
    await pause(Math.min(BETWEEN_MILLISECONDS, (waitSeconds - passed()) * 1000), undefined, { signal }).catch(() => {})
  }
  return false
}

/** Undefined if the server answers, be it with a refusal. */
async function whyAway({ engine, pingCatalog }: Kernel): Promise<string | undefined> {
  try {
    await pingCatalog()
  } catch (error) {
    const isAway = error instanceof M3Error && error.code === 'DATABASE_UNAVAILABLE' && !engine.isNotProvisioned(error)
    return isAway ? codeOf(error) : undefined
  }
  return undefined
}

/** Of the socket or the server, such as ECONNREFUSED. */
function codeOf({ cause }: M3Error): string {
  const { code } = (cause ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'no answer'
}

function away(place: string, reason: string, waitSeconds: number): M3Error {
  const waited = waitSeconds === 0 ? '' : ` within ${waitSeconds} s (tenants.database.waitSeconds)`
  return new M3Error('DATABASE_UNAVAILABLE', `The database server at ${place} did not answer${waited}: ${reason}`)
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
