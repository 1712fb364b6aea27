import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { renewGeneration } from '../catalog/generation.js'
import type { Database, Staging } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { MigrationLog } from '../migrations/migration-log.js'
import { readArchiveFile } from './archive/open-file.js'
import type { ArchiveOrigin } from './archive/origin.js'
import { chooseBackup } from './choose-backup.js'
import type { NamedBackup, RestoreReport, RestoreRequest, WorkOptions } from './contract.js'
import { note, reasonOf } from './create-backup.js'
import { type Destination, destinationOf, takeAway } from './destination.js'
import { type BackupFile, backupPath, listBackups } from './folder/backup-files.js'
import type { BackupParts } from './parts.js'
import { patiently } from './patience.js'
import type { Subject } from './subject.js'
import type { LoadResult } from './threads/tasks.js'

/** Of the thread that loads. */
const CONNECTIONS = 1
/** Beyond the time in which other processes look at the catalog. */
const POLL_MARGIN_MS = 250
/** Longer than a backup takes, which is noted when it is over by the moment that it began. */
const DAY_MS = 86_400_000

/** See `BackupActions.restore`. */
export async function restoreBackup(
  parts: BackupParts,
  request: RestoreRequest,
  options: WorkOptions,
): Promise<RestoreReport> {
  const began = performance.now()
  const started = new Date()
  const { dryRun = false } = request
  const backup = await requestedBackup(parts, request)
  const origin = await originOf(parts, backup)
  const ms = () => Math.round(performance.now() - began)
  const destination = await destinationOf(parts, request, origin)
  const { target, database, added, subscriptions } = destination
  const whose = { ...(target === undefined ? {} : { target }), database, name: backup.name }
  const facts = { action: 'restore', ...whose, reason: 'manual', started } as const
  let result: LoadResult
  try {
    result = await replace(parts, destination, backup, dryRun, options)
  } catch (error) {
    await takeAway(parts, destination.undo)
    if (!dryRun) await note(parts, { ...facts, ms: ms(), error: reasonOf(error, options.signal) })
    throw error
  }
  // From here on it is done: nothing that fails may take it away again.
  const { loaded, bytes } = result
  const rows = Object.values(loaded.rows).reduce((total, number) => total + number, 0)
  const noted = dryRun ? [] : await note(parts, { ...facts, ms: ms(), bytes, rows })
  if (!dryRun) await refreshed(parts, destination.subject)
  return {
    ...whose,
    of: origin.database,
    taken: backup.taken.toISOString(),
    dryRun,
    added,
    ...(subscriptions ? { subscriptions } : {}),
    bytes,
    tables: Object.keys(loaded.rows).length,
    rows,
    warnings: [...loaded.warnings, ...noted],
    ms: ms(),
  }
}

/** Others see it when they next look; so does this process, if it cannot look now. */
async function refreshed({ refresh, log }: BackupParts, { target }: Subject): Promise<void> {
  await refresh(target).catch((error: unknown) =>
    log.warn({ err: error }, 'restored tenants are built anew a little later'),
  )
}

/** See `BackupActions.choose`. */
export async function requestedBackup(
  parts: BackupParts,
  { from, at }: Pick<RestoreRequest, 'from' | 'at'>,
): Promise<BackupFile> {
  const database = typeof from === 'object' ? from.database : (await parts.subject(from)).database
  return chooseBackup(await listBackups(parts.folder, database), database, at, parts.dateOf)
}

/** By its first record: the rest is read when it is loaded. */
async function originOf(parts: BackupParts, backup: NamedBackup): Promise<ArchiveOrigin> {
  const { all } = await parts.keys()
  const archive = await readArchiveFile(backupPath(parts.folder, backup), backup.name, { keys: all })
  await archive.close()
  if (archive.engine === parts.engine.kind) return archive.origin
  const message = `The backup ${backup.name} is of ${archive.engine}, and this deployment has ${parts.engine.kind}`
  throw new M3Error('RESTORE_REFUSED', message)
}

async function replace(
  parts: BackupParts,
  { subject, added }: Destination,
  backup: NamedBackup,
  dryRun: boolean,
  { signal, progress }: WorkOptions,
): Promise<LoadResult> {
  const { engine, threads, reservations, folder } = parts
  const { all } = await parts.keys()
  const load = async (staging: Staging) => {
    const task = { connection: staging.connection, file: path.resolve(backupPath(folder, backup)), keys: all }
    const result = await reservations.within(CONNECTIONS, signal, () =>
      threads.load(task, { signal, ...(progress ? { progress } : {}) }),
    )
    const { loaded } = result
    if (loaded.faults.length > 0) {
      const message = `The backup ${backup.name} does not load as it should; nothing is changed`
      throw new M3Error('BACKUP_INVALID', message, { faults: loaded.faults })
    }
    signal.throwIfAborted()
    if (dryRun) return result
    const renew = () => renewIfTenant(engine.catalog, subject)
    // Of a tenant that is new no other process has built anything.
    const differs = !added && (await isOtherSchema(subject, staging))
    const later = await laterHistory(parts, subject, backup)
    await staging.swap(loaded, {
      shutOut: renew,
      async placed() {
        await renew()
        // Nobody may be served by what another process has built for another schema. On SQLite nobody is shut out.
        if (differs && engine.kind === 'mysql') await delay(parts.pollSeconds * 1000 + POLL_MARGIN_MS)
      },
    })
    await keepHistory(parts, later)
    return result
  }
  return patiently(signal, (waitSeconds, begin) =>
    engine.restore(subject.restored, waitSeconds, (staging) => {
      begin()
      return load(staging)
    }),
  )
}

/** The history stands in the catalog: what it tells of after the backup would go with it, though the files are there. */
async function laterHistory({ history, log }: BackupParts, { target }: Subject, { taken }: NamedBackup) {
  if (target !== 'catalog') return []
  return history.since(new Date(taken.getTime() - DAY_MS)).catch((error: unknown) => {
    log.warn({ err: error }, 'the history of backups cannot be read')
    return []
  })
}

async function keepHistory({ history, log }: BackupParts, lines: Awaited<ReturnType<typeof laterHistory>>) {
  await history
    .putBack(lines)
    .catch((error: unknown) => log.warn({ err: error }, 'the history of backups cannot be written'))
}

async function renewIfTenant(catalog: Database, { target }: Subject): Promise<void> {
  if (target !== 'catalog') await renewGeneration(catalog, target)
}

/** Whether what is loaded was migrated in another way than what is there. */
async function isOtherSchema({ target, use }: Subject, staging: Staging): Promise<boolean> {
  if (target === 'catalog') return false
  const loaded = await migrationsOf(staging)
  try {
    return (await use(migrationsOf)) !== loaded
  } catch (error) {
    if (error instanceof M3Error) return true
    throw error
  }
}

async function migrationsOf(database: Pick<Database, 'select'>): Promise<string> {
  const done = (await MigrationLog.read(database)).filter(({ outcome }) => outcome === 'done')
  return JSON.stringify(done.map(({ kind, name }) => [kind, name]))
}
