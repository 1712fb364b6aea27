import type { Command } from 'commander'
import type { MigrationMode } from '../../migrations/run-mode.js'
import type { TenantId } from '../../names.js'
import { describeReport } from '../describe-report.js'
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
    if (force) command.option('--force', 'set the main seeds back to what is declared')
    command.action((target: Target, options: { force?: boolean }, self: Command) =>
      act(self, (invocation) => run(invocation, target, options.force ? 'force' : name)),
    )
  }
}

async function run(invocation: Invocation, target: Target, mode: MigrationMode): Promise<number> {
  return withKernel(invocation, async (kernel) => {
    if (target !== 'catalog') await kernel.prepareCatalog()
    const report = await kernel.runMode(target, mode)
    printResult(invocation.terminal, invocation.json, report, describeReport(report))
    return 0
  })
}
