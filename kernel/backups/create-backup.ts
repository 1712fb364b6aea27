import { type Fault, M3Error, messageOf } from '../errors.js'
import type { BackupReport, CreateOptions, WorkOptions } from './contract.js'
import { listBackups, removeBackup } from './folder/backup-files.js'
import { isMended } from './mended.js'
import type { BackupParts } from './parts.js'
import { patiently } from './patience.js'
import { expired } from './retention.js'
import type { Subject } from './subject.js'
import type { DumpResult } from './threads/tasks.js'

/** Of the thread that dumps. */
const CONNECTIONS = 1

/** See `BackupActions.create`. */
export async function createBackup(
  parts: BackupParts,
  subject: Subject,
  options: WorkOptions & CreateOptions,
): Promise<BackupReport> {
  const began = performance.now()
  const started = new Date()
  const facts = {
    action: 'backup',
    target: subject.target,
    database: subject.database,
    reason: options.reason,
  } as const
  const ms = () => Math.round(performance.now() - began)
  let result: DumpResult
  try {
    result = await dump(parts, subject, options)
  } catch (error) {
    await note(parts, { ...facts, started, ms: ms(), error: reasonOf(error, options.signal) })
    throw error
  }
  const { backup, bytes, rawBytes, rows, warnings } = result
  const sum = Object.values(rows).reduce((total, number) => total + number, 0)
  const removal = backup.format === 'archive' ? await removeExpired(parts, subject, backup.name) : NOTHING
  const noted = await note(parts, { ...facts, started, ms: ms(), name: backup.name, bytes, rows: sum })
  return {
    target: subject.target,
    name: backup.name,
    database: subject.database,
    engine: parts.engine.kind,
    taken: backup.taken.toISOString(),
    bytes,
    rawBytes,
    tables: Object.keys(rows).length,
    rows: sum,
    encrypted: backup.encrypted,
    removed: removal.removed,
    warnings: [...warnings, ...removal.warnings, ...noted],
    ms: ms(),
  }
}

async function dump(
  parts: BackupParts,
  subject: Subject,
  { reason, format = 'archive', withheld = {}, signal, progress }: WorkOptions & CreateOptions,
): Promise<DumpResult> {
  const { threads, reservations, config, folder } = parts
  const { current } = await parts.keys()
  const task = {
    ...{ origin: subject.origin, format, withheld, folder, compression: config.compression },
    connection: subject.connection(),
    beforeMigration: reason === 'migration',
    ...(current ? { key: current } : {}),
  }
  const work = () =>
    reservations.within(CONNECTIONS, signal, () => threads.dump(task, { signal, ...(progress ? { progress } : {}) }))
  // Whoever migrates holds the lock already.
  if (reason === 'migration') return work()
  const locked = () =>
    subject.use((database) =>
      patiently(signal, (waitSeconds, begin) =>
        database.locked(waitSeconds, () => {
          begin()
          return work()
        }),
      ),
    )
  try {
    return await locked()
  } catch (error) {
    if (!(await isMended(parts, subject, error))) throw error
    return locked()
  }
}

interface Removal {
  readonly removed: readonly string[]
  readonly warnings: readonly string[]
}

const NOTHING: Removal = { removed: [], warnings: [] }

/** The new one is on disk: those that it replaces may go. What cannot be removed is told of. */
async function removeExpired(parts: BackupParts, subject: Subject, fresh: string): Promise<Removal> {
  const removed: string[] = []
  const warnings: string[] = []
  try {
    const there = await listBackups(parts.folder, subject.database)
    for (const name of expired(there, subject.database, subject.rule, parts.dateOf, fresh)) {
      try {
        await removeBackup(parts.folder, { name })
        removed.push(name)
      } catch (error) {
        // Another process may have removed it as well.
        if (!(error instanceof M3Error && error.code === 'BACKUP_UNKNOWN')) warnings.push(messageOf(error))
      }
    }
  } catch (error) {
    warnings.push(`old backups were not removed: ${messageOf(error)}`)
  }
  return { removed, warnings }
}

/** The backup stands whether it is noted or not. */
export async function note(
  { history, log }: Pick<BackupParts, 'history' | 'log'>,
  entry: Parameters<BackupParts['history']['add']>[0],
): Promise<readonly string[]> {
  try {
    await history.add(entry)
    return []
  } catch (error) {
    log.warn({ err: error }, 'the history of backups cannot be written')
    return ['the history of backups cannot be written: the log has the reason']
  }
}

/** For the history, which those who run the deployment read; of what nobody foresaw the log has the rest. */
export function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted && error === signal.reason) return 'it was called off'
  if (!(error instanceof M3Error)) return 'it failed for a reason of its own: the log has it'
  const faults = error.faults.map(({ path, message }: Fault) => `${path}: ${message}`)
  return [error.message, ...faults].join('\n')
}
