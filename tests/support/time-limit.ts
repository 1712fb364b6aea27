import { writeSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'

/**
 * Loaded into the process of each test file before the file itself, by `--import`: ends the process when its time is up.
 * A thread of its own does that, so that an endless loop is ended as well. `run` of node:test has a time limit too, which
 * Node 24 does not hold a file to.
 */
export const FILE_SECONDS = 'M3SAAS_TEST_FILE_SECONDS'

/** The option of Node that loads this file. */
export const importOption = `--import=${import.meta.url}`

const { [FILE_SECONDS]: seconds, NODE_OPTIONS = '' } = process.env
if (!isMainThread) {
  if (workerData?.[FILE_SECONDS]) setTimeout(end, workerData[FILE_SECONDS] * 1000)
} else if (seconds !== undefined && NODE_OPTIONS.includes(importOption)) {
  // For this process, not for those that it starts.
  process.env.NODE_OPTIONS = NODE_OPTIONS.replace(importOption, '')
  delete process.env[FILE_SECONDS]
  new Worker(new URL(import.meta.url), { workerData: { [FILE_SECONDS]: Number(seconds) } }).unref()
}

function end(): void {
  writeSync(2, `The file takes longer than ${workerData[FILE_SECONDS]} s\n`)
  process.kill(process.pid, 'SIGKILL')
}
