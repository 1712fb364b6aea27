import { type Command, InvalidArgumentError, Option } from 'commander'
import { AT_RULE, isAt } from '../../backups/choose-backup.js'
import type { RestoreRequest } from '../../backups/contract.js'
import { isDatabaseIdentifier, parseTenantId } from '../../names.js'
import { confirmed } from '../ask.js'
import { describeRestore, whose } from '../describe-backup.js'
import type { Act, Invocation } from '../invocation.js'
import { printResult } from '../output.js'
import { whileWorking } from './backup.js'

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
  return whileWorking(invocation, async (kernel, options) => {
    if (!yes && !request.dryRun && !(await isMeant(invocation, request))) {
      return () => printResult(terminal, json, { restored: false }, 'nothing is changed')
    }
    const report = await kernel.backups.restore(request, options)
    return () => printResult(terminal, json, report, describeRestore(report))
  })
}

/** A new tenant replaces nothing. */
async function isMeant({ terminal }: Invocation, { from, at, as }: RestoreRequest): Promise<boolean> {
  if (typeof as === 'object') return true
  const place = as ?? from
  const replaced = typeof place === 'object' ? `the database ${place.database}` : whose(place)
  const backup = at === undefined ? 'the latest backup' : at
  const of = typeof from === 'object' ? `the database ${from.database}` : whose(from)
  const question = `All that ${replaced} holds is replaced by ${backup} of ${of}.`
  return confirmed(
    terminal,
    question,
    'Nobody can be asked here: say --yes if it is meant, or --dry-run to try it out.',
  )
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
