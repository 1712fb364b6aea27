import { type Command, InvalidArgumentError, Option } from 'commander'
import { AT_RULE, isAt } from '../../backups/choose-backup.js'
import type { BackupSummary, RestoreRequest, Target } from '../../backups/contract.js'
import { isDatabaseIdentifier, parseTenantId } from '../../names.js'
import { confirmed } from '../ask.js'
import { describeRestore, size, whose } from '../describe-backup.js'
import type { Act, Invocation } from '../invocation.js'
import { printResult } from '../output.js'
import type { Terminal } from '../terminal.js'
import { whileWorking } from '../while-working.js'

interface RestoreOptions extends Pick<RestoreRequest, 'at' | 'as' | 'subscriptions' | 'dryRun'> {
  readonly yes?: boolean
}

/** `m3saas restore <target>` */
export function addRestoreCommand(program: Command, act: Act): void {
  program
    .command('restore')
    .description('puts a backup in the place of a database, once it was loaded and checked beside')
    .argument('<target>', 'a tenant id, "catalog", or the name of a database that no tenant has', parseFrom)
    .addOption(new Option('--at <backup>', `${AT_RULE} (default: the latest)`).argParser(parseAt))
    .addOption(
      new Option('--as <tenant>', 'into another tenant by its id, or a new one by its name').argParser(parseAs),
    )
    .addOption(
      new Option('--subscriptions <which>', 'of a new tenant: as the one it comes from has, or none').choices([
        'copy',
        'none',
      ]),
    )
    .option('--dry-run', 'load it beside and check it; change nothing')
    .option('--yes', 'do not ask')
    .action((from: RestoreRequest['from'], { yes = false, ...options }: RestoreOptions, self: Command) => {
      if (options.subscriptions !== undefined && typeof options.as !== 'object') {
        self.error("error: option '--subscriptions <which>' goes with a new tenant, --as <name>")
      }
      return act(self, (invocation) => restore(invocation, { from, ...options }, yes))
    })
}

function restore(invocation: Invocation, request: RestoreRequest, yes: boolean): Promise<number> {
  const { terminal, json } = invocation
  const print = (status: number, result: object, text: string) => () => {
    printResult(terminal, json, result, text)
    return status
  }
  return whileWorking(invocation, 'the restore was called off: nothing is changed', async (kernel, options) => {
    let chosen = request
    const replaced = request.as ?? request.from
    // A new tenant replaces nothing, and a database that no tenant has is refused.
    if (!yes && !request.dryRun && typeof replaced !== 'object') {
      const backup = await kernel.backups.choose(request)
      if (!(await isMeant(terminal, replaced, backup, options.signal))) {
        return print(1, { restored: false }, 'nothing is changed')
      }
      // The one that was shown, even if a later one has come meanwhile.
      chosen = { ...request, at: backup.name }
    }
    const report = await kernel.backups.restore(chosen, options)
    return print(0, report, describeRestore(report))
  })
}

function isMeant(
  terminal: Terminal,
  replaced: Target,
  { name, taken, bytes }: BackupSummary,
  signal: AbortSignal,
): Promise<boolean> {
  return confirmed(terminal, {
    text: `All that ${whose(replaced)} holds is replaced by ${name}, as of ${taken} (${size(bytes)}).`,
    otherwise: 'Nobody can be asked here: say --yes if it is meant, or --dry-run to try it out.',
    signal,
  })
}

function parseFrom(text: string): RestoreRequest['from'] {
  if (text === 'catalog') return text
  const id = parseTenantId(text)
  if (id !== undefined) return id
  if (isDatabaseIdentifier(text)) return { database: text }
  throw new InvalidArgumentError('It is the id of a tenant, such as 1, "catalog", or the name of a database.')
}

function parseAt(text: string): string {
  if (!isAt(text)) throw new InvalidArgumentError(`It must be ${AT_RULE}.`)
  return text
}

function parseAs(text: string): NonNullable<RestoreRequest['as']> {
  const id = parseTenantId(text)
  if (id !== undefined) return id
  if (isDatabaseIdentifier(text)) return { newTenant: text }
  throw new InvalidArgumentError('It is the id of a tenant, such as 2, or a name for a new one.')
}
