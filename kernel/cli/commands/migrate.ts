import { type Command, Option } from 'commander'
import type { MigrationMode } from '../../migrations/run-mode.js'
import type { TenantId } from '../../names.js'
import { describePending, describeReport } from '../describe-report.js'
import type { Act, Invocation } from '../invocation.js'
import { withKernel } from '../open-kernel.js'
import { printResult } from '../output.js'
import { parseTarget } from '../targets.js'

type Target = 'catalog' | TenantId

const COMMANDS = [
  ['migrate', 'force', 'brings a database to what its modules declare, main seeds included'],
  ['seed', undefined, 'inserts the temporary seeds'],
  ['deseed', undefined, 'removes the temporary seeds'],
] as const

/** `m3saas migrate|seed|deseed <tenant id|catalog>` */
export function addMigrateCommands(program: Command, act: Act): void {
  for (const [name, force, description] of COMMANDS) {
    const command = program.command(name).description(description)
    command.argument('<target>', 'a tenant id, or "catalog"', parseTarget)
    if (force) {
      const pending = new Option('--pending', 'tell what there is to migrate, and change nothing').conflicts('force')
      command.option('--force', 'set the main seeds back to what is declared').addOption(pending)
    }
    command.action((target: Target, options: { force?: boolean; pending?: boolean }, self: Command) =>
      act(self, (invocation) =>
        options.pending ? look(invocation, target) : run(invocation, target, options.force ? 'force' : name),
      ),
    )
  }
}

async function look(invocation: Invocation, target: Target): Promise<number> {
  return withKernel(invocation, async (kernel) => {
    if (target !== 'catalog') await kernel.prepareCatalog()
    const report = await kernel.pending(target)
    printResult(invocation.terminal, invocation.json, report, describePending(report))
    return 0
  })
}

async function run(invocation: Invocation, target: Target, mode: MigrationMode): Promise<number> {
  return withKernel(invocation, async (kernel) => {
    if (target !== 'catalog') await kernel.prepareCatalog()
    const report = await kernel.runMode(target, mode)
    printResult(invocation.terminal, invocation.json, report, describeReport(report))
    return 0
  })
}
