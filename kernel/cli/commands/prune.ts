import { type Command, InvalidArgumentError } from 'commander'
import { DAYS_RULE, type PruneChoice, parseDays, pruneRequest } from '../../migrations/prune/prune-request.js'
import type { TenantId } from '../../names.js'
import { describePruning } from '../describe-pruning.js'
import type { Act } from '../invocation.js'
import { withKernel } from '../open-kernel.js'
import { printResult } from '../output.js'
import { parseTarget, TARGET } from '../targets.js'

type Target = 'catalog' | TenantId

type PruneOptions = PruneChoice & { readonly yes?: boolean }

/** `m3saas prune <tenant>|catalog`: looks, and drops only with `--yes`, whoever sits before it. */
export function addPruneCommand(program: Command, act: Act): void {
  program
    .command('prune')
    .description('lists tables of modules that are not loaded and copies taken before migrations; --yes drops them')
    .argument('<target>', TARGET, parseTarget)
    .option('--tables', 'tables and views alone')
    .option('--copies', 'copies alone')
    .option('--older-than <days>', 'of the copies those that are older; without --tables no table', days)
    .option('--yes', 'drop all that is listed, for good')
    .action((target: Target, { yes = false, ...choice }: PruneOptions, self: Command) =>
      act(self, (invocation) =>
        withKernel(invocation, async (kernel) => {
          if (target !== 'catalog') await kernel.prepareCatalog()
          const report = await kernel.prune(target, pruneRequest(choice, yes))
          printResult(invocation.terminal, invocation.json, report, describePruning(report, confirming(target, choice)))
          return 0
        }),
      ),
    )
}

function confirming(target: Target, { tables, copies, olderThan }: PruneChoice): string {
  return [
    `m3saas prune ${target}`,
    ...(tables ? ['--tables'] : []),
    ...(copies ? ['--copies'] : []),
    ...(olderThan === undefined ? [] : [`--older-than ${olderThan}`]),
    '--yes',
  ].join(' ')
}

function days(text: string): number {
  const number = parseDays(text)
  if (number === undefined) throw new InvalidArgumentError(`It must be ${DAYS_RULE}.`)
  return number
}
