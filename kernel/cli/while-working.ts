import type { WorkOptions } from '../backups/contract.js'
import { M3Error } from '../errors.js'
import type { Kernel } from '../kernel.js'
import type { Invocation } from './invocation.js'
import { withCatalog } from './open-kernel.js'
import { withOrderlyEnd } from './orderly-end.js'
import type { Terminal } from './terminal.js'
import { workProgress } from './work-progress.js'

/** Prints what came of it and gives the exit status. */
type Print = () => number

/**
 * Long work on one database: a bar while it goes on, and a signal that ends it with nothing half made. Throws SHUTTING_DOWN
 * with `calledOff` then. What the work gives is printed when the terminal is as it was.
 */
export function whileWorking(
  invocation: Invocation,
  calledOff: string,
  work: (kernel: Kernel, options: WorkOptions) => Promise<Print>,
): Promise<number> {
  const { terminal } = invocation
  return withCatalog(invocation, async (kernel) => {
    const bar = await workProgress(invocation)
    const asked = () => {
      // On a line of its own: the bar would be drawn over what stands behind it.
      bar.end()
      tellEnding(terminal)
    }
    return withOrderlyEnd(terminal, { asked, atOnce: () => bar.end() }, async (signal) => {
      let print: Print
      try {
        print = await work(kernel, { signal, progress: (progress) => signal.aborted || bar.show(progress) })
      } catch (error) {
        if (signal.aborted && error === signal.reason) throw new M3Error('SHUTTING_DOWN', calledOff)
        throw error
      } finally {
        bar.end()
      }
      return print()
    })
  })
}

export function tellEnding({ stderr }: Pick<Terminal, 'stderr'>): void {
  stderr.write('m3saas: ending what is under way; a second signal ends it at once\n')
}
