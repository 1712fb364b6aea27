import type { Command } from 'commander'
import { describeFaults, M3Error } from '../../errors.js'
import { initSecrets } from '../init/init.js'
import type { Act } from '../invocation.js'
import { printError, printResult, table } from '../output.js'

/** `m3saas init`: what docker-compose.yml needs to be there. Opens no database. */
export function addInitCommand(program: Command, act: Act): void {
  program
    .command('init')
    .description('writes secrets/ with random values, and the server’s broker user; what is there stays')
    .action((_options: object, self: Command) =>
      act(self, async ({ root, terminal, json }) => {
        const outcomes = await initSecrets(root)
        const rows = outcomes.map(({ file, state, note }) => [
          state,
          note && state !== 'failed' ? `${file} (${note})` : file,
        ])
        printResult(terminal, json, outcomes, table(rows))
        const failed = outcomes.filter(({ state }) => state === 'failed')
        if (failed.length === 0) return 0
        const faults = failed.map(({ file, note = '' }) => ({ path: file, message: note }))
        const message = `Not every file could be written:\n${describeFaults(faults)}`
        return printError(terminal, json, new M3Error('CONFIG_INVALID', message, { faults }))
      }),
    )
}
