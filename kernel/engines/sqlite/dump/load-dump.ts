import { open } from 'node:fs/promises'
import { type Fault, M3Error, messageOf } from '../../../errors.js'
import type { SqliteDatabaseConnection } from '../../contract.js'
import type { DumpFrame, LoadReport } from '../../dump.js'
import { openFile, pageSizeOf } from './open-file.js'
import { countRows, damages, orphans, unreadableViews } from './survey.js'

/** Writes the file and looks at it. Synchronous work: for a thread that nobody waits for. */
export async function loadSqliteDump(
  connection: SqliteDatabaseConnection,
  frames: AsyncIterable<DumpFrame>,
): Promise<LoadReport> {
  const known = await writeFile(connection.file, frames)
  try {
    return await lookAt(connection, known)
  } catch (error) {
    throw new M3Error('BACKUP_INVALID', `What the backup holds is no sound database: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Gives the views that could not be read when the dump was made. */
async function writeFile(file: string, frames: AsyncIterable<DumpFrame>): Promise<ReadonlySet<unknown>> {
  const handle = await open(file, 'r+')
  try {
    await handle.truncate()
    let known: ReadonlySet<unknown> = new Set()
    for await (const { head, body } of frames) {
      if (head.kind === 'file') await handle.writeFile(body)
      else if (head.kind === 'about') known = new Set(Array.isArray(head.unreadable) ? head.unreadable : [])
      else throw new M3Error('BACKUP_INVALID', `The backup has a part that this version does not know: ${head.kind}`)
    }
    await handle.sync()
    return known
  } finally {
    await handle.close()
  }
}

async function lookAt(
  { file, database: name, pageSize }: SqliteDatabaseConnection,
  known: ReadonlySet<unknown>,
): Promise<LoadReport> {
  const database = await openFile(file, name)
  try {
    // Whoever reads it next makes no files beside.
    database.exec('PRAGMA journal_mode = DELETE')
    if (pageSize !== undefined && pageSizeOf(database) !== pageSize) {
      database.exec(`PRAGMA page_size = ${Math.trunc(pageSize)}; VACUUM`)
    }
    const uncounted: string[] = []
    const faults: Fault[] = damages(database).map((message) => ({ path: '', message }))
    const rows = countRows(database, uncounted)
    for (const view of unreadableViews(database)) {
      if (!known.has(view)) faults.push({ path: view, message: 'this view cannot be read' })
    }
    const warnings = orphans(database).map(({ table, number }) => `${number} rows of ${table} refer to nothing`)
    return { rows, faults, warnings: [...uncounted, ...warnings], definitions: [] }
  } finally {
    database.close()
  }
}
