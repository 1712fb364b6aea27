import { errorCatalogue, M3Error } from '../errors.js'
import type { TenantId } from '../names.js'
import type { BackupEvent, Target } from './contract.js'
import { createBackup } from './create-backup.js'
import type { BackupParts } from './parts.js'
import type { Subject } from './subject.js'

/** See `BackupActions.createAll`. */
export async function createAll(
  parts: BackupParts,
  emit: (event: BackupEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now()
  const targets: Target[] = ['catalog', ...(await tenantIds(parts))]
  await emit({ event: 'begin', databases: targets.length })
  const sum = { done: 0, skipped: 0, failed: 0, bytes: 0, rows: 0 }
  let next = 0
  const work = async () => {
    while (next < targets.length && !signal.aborted) {
      const event = await backUp(parts, targets[next++] as Target, signal)
      if (!event) return
      if (event.event === 'backup') {
        sum.done++
        sum.bytes += event.bytes
        sum.rows += event.rows
      } else if (event.event === 'skipped') sum.skipped++
      else sum.failed++
      await emit(event)
    }
  }
  await Promise.all(Array.from({ length: parts.config.parallel }, work))
  await emit({ event: 'summary', databases: targets.length, ...sum, ms: Math.round(performance.now() - began) })
}

type Told = Extract<BackupEvent, { event: 'backup' | 'skipped' | 'failure' }>

/** Undefined if it was called off. */
async function backUp(parts: BackupParts, target: Target, signal: AbortSignal): Promise<Told | undefined> {
  try {
    const subject = await parts.subject(target)
    if (!(await isThere(parts, subject))) return { event: 'skipped', target, reason: 'it has no database yet' }
    return { event: 'backup', ...(await createBackup(parts, subject, { reason: 'manual', signal })) }
  } catch (error) {
    if (signal.aborted) return undefined
    if (!(error instanceof M3Error)) {
      parts.log.error({ err: error, target }, 'a backup failed for a reason of its own')
      return {
        event: 'failure',
        target,
        code: 'INTERNAL',
        message: `${errorCatalogue.INTERNAL.title}: the log has the reason`,
      }
    }
    const { code, message, faults } = error
    return { event: 'failure', target, code, message, ...(faults.length > 0 ? { faults } : {}) }
  }
}

/** A tenant that was never called has none. */
async function isThere({ engine }: BackupParts, { restored }: Subject): Promise<boolean> {
  return restored === 'catalog' || engine.exists(restored)
}

async function tenantIds(parts: BackupParts): Promise<TenantId[]> {
  const ids: TenantId[] = []
  for (let page = await parts.page(0); page.length > 0; page = await parts.page(ids.at(-1) ?? 0)) {
    ids.push(...page.map(({ id }) => id))
  }
  return ids
}
