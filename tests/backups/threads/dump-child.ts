import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { createBackupThreads } from '../../../kernel/backups/threads/run.js'

/** Does the DumpTask of its input; prints `begun` once it has told how far it is, and in the end what came of it. */
const task = JSON.parse(await text(process.stdin))
const threads = createBackupThreads(1)
let isBegun = false
const progress = () => {
  if (!isBegun) process.stdout.write('begun\n')
  isBegun = true
}
try {
  await threads.dump(task, { signal: new AbortController().signal, progress })
  process.stdout.write('done\n')
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  const files = await readdir(task.folder).catch(() => 'no folder')
  process.stdout.write(`${JSON.stringify({ code, message, files })}\n`)
} finally {
  await threads.close()
}
