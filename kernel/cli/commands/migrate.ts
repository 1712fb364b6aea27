import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RevertTarget } from '../../migrations/down.js'
import type { MigrationMode } from '../../migrations/run-mode.js'
import type { TenantId } from '../../names.js'
import { describePlan } from '../describe-plan.js'
import { describeReport, describeReverting } from '../describe-report.js'
import type { Act, Invocation } from '../invocation.js'
import { withKernel } from '../open-kernel.js'
import { printResult } from '../output.js'
import { parseTarget, TARGET } from '../targets.js'
import { fleetOptions, type GivenFleetOptions, migrateAll, refuseStrayOptions } from './fleet.js'

type Target = 'catalog' | TenantId

const MIGRATE = 'brings a database to what its modules declare, main seeds included'
const MODES = {
  force: 'the same, compared anew; all main seeds are set back too',
  seed: 'inserts the temporary seeds',
  deseed: 'removes the temporary seeds',
} as const

/** `m3saas migrate [<tenant>|catalog|--all]`, `m3saas migrate force|seed|deseed|down`, `m3saas seed|deseed|plan` */
export function addMigrateCommands(program: Command, act: Act): void {
  const migrate = program.command('migrate').description(MIGRATE)
  migrate
    .enablePositionalOptions()
    .argument('[target]', `${TARGET} (the default)`, parseTarget)
    .option('--all', 'all tenants, several at a time')
    .action((target: Target | undefined, options: GivenFleetOptions, self: Command) => {
      if (target !== undefined || !options.all) refuseStrayOptions(self, options)
      return act(self, (invocation) =>
        options.all ? migrateAll(invocation, options) : run(invocation, target ?? 'catalog', 'migrate'),
      )
    })
  for (const option of fleetOptions()) migrate.addOption(option)
  for (const mode of ['force', 'seed', 'deseed'] as const) addMode(migrate, act, mode)
  addDown(migrate, act)
  addPlan(program, act)
  for (const mode of ['seed', 'deseed'] as const) addMode(program, act, mode)
}

function addMode(parent: Command, act: Act, mode: keyof typeof MODES): void {
  parent
    .command(mode)
    .description(MODES[mode])
    .argument('<target>', TARGET, parseTarget)
    .action((target: Target, _options: object, self: Command) => {
      refuseStrayOptions(parent, parent.opts())
      return act(self, (invocation) => run(invocation, target, mode))
    })
}

function addDown(migrate: Command, act: Act): void {
  const to = new Option('--to <migration>', 'the last one to revert, such as notes@v1/split-title; 0: all of them')
  migrate
    .command('down')
    .description('reverts hand-written migrations, the newest first')
    .argument('<target>', TARGET, parseTarget)
    .addOption(to.argParser(parseRevertTarget).makeOptionMandatory())
    .action((target: Target, options: { to: RevertTarget }, self: Command) => {
      refuseStrayOptions(migrate, migrate.opts())
      return act(self, (invocation) =>
        withKernel(invocation, async (kernel) => {
          await kernel.prepareCatalog()
          const report = await kernel.revert(target, options.to)
          printResult(invocation.terminal, invocation.json, report, describeReverting(report))
          return 0
        }),
      )
    })
}

function parseRevertTarget(text: string): RevertTarget {
  if (text === '') throw new InvalidArgumentError('It must be the name of a migration, or 0.')
  return text === '0' ? 0 : text
}

function addPlan(program: Command, act: Act): void {
  program
    .command('plan')
    .description('tells what a migration of a database would do, and changes nothing')
    .argument('<target>', TARGET, parseTarget)
    .action((target: Target, _options: object, self: Command) =>
      act(self, (invocation) =>
        withKernel(invocation, async (kernel) => {
          if (target !== 'catalog') await kernel.prepareCatalog()
          const report = await kernel.plan(target)
          printResult(invocation.terminal, invocation.json, report, describePlan(report))
          return 0
        }),
      ),
    )
}

async function run(invocation: Invocation, target: Target, mode: MigrationMode): Promise<number> {
  return withKernel(invocation, async (kernel) => {
    if (target !== 'catalog') await kernel.prepareCatalog()
    const report = await kernel.runMode(target, mode)
    printResult(invocation.terminal, invocation.json, report, describeReport(report))
    return 0
  })
}
