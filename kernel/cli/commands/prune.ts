import type { Command } from 'commander'
import type { TenantId } from '../../names.js'
import { describePruning } from '../describe-pruning.js'
import type { Act } from '../invocation.js'
import { withKernel } from '../open-kernel.js'
import { printResult } from '../output.js'
import { parseTarget, TARGET } from '../targets.js'

type Target = 'catalog' | TenantId

/** `m3saas prune <tenant>|catalog`: looks, and drops only with `--yes`, whoever sits before it. */
export function addPruneCommand(program: Command, act: Act): void {
  program
    .command('prune')
    .description('lists tables of modules that are not loaded; --yes drops them')
    .argument('<target>', TARGET, parseTarget)
    .option('--yes', 'drop all that is listed')
    .action((target: Target, { yes = false }: { readonly yes?: boolean }, self: Command) =>
      act(self, (invocation) =>
        withKernel(invocation, async (kernel) => {
          if (target !== 'catalog') await kernel.prepareCatalog()
          const report = await kernel.prune(target, yes)
          printResult(
            invocation.terminal,
            invocation.json,
            report,
            describePruning(report, `m3saas prune ${target} --yes`),
          )
          return 0
        }),
      ),
    )
}
