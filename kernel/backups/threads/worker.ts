import { dumpWork } from './dump-work.js'
import { loadWork } from './load-work.js'
import { toSent, type WorkAnswer, type WorkMessage } from './message.js'
import { pacedProgress } from './paced-progress.js'

/** The entry of a thread. It runs nothing but the kernel. */
export default async function work({ work, port }: WorkMessage): Promise<WorkAnswer> {
  const ending = new AbortController()
  port.on('message', () => ending.abort())
  const options = { signal: ending.signal, progress: pacedProgress((progress) => port.postMessage(progress)) }
  try {
    return { result: await (work.kind === 'dump' ? dumpWork(work.task, options) : loadWork(work.task, options)) }
  } catch (error) {
    return ending.signal.aborted ? { ended: true } : { error: toSent(error) }
  } finally {
    port.close()
  }
}
