import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Target } from '../../backups/contract.js'
import type { DumpFormat } from '../../engines/dump.js'
import { MOST_RULE, MOST_RUNS, parseMost } from '../../run-filter.js'
import { backupsProgress } from '../backups-progress.js'
import { describeBackup, describeBackups, describeHistory } from '../describe-backup.js'
import type { Act, Invocation } from '../invocation.js'
import { withCatalog } from '../open-kernel.js'
import { withOrderlyEnd } from '../orderly-end.js'
import { printResult } from '../output.js'
import { parseTarget, TARGET } from '../targets.js'
import { tellEnding, whileWorking } from '../while-working.js'

interface BackupOptions {
  readonly all?: boolean
  readonly format?: DumpFormat
}

/** `m3saas backup <target>|--all`, `m3saas backup list|history|delete|read` */
export function addBackupCommands(program: Command, act: Act): void {
  const backup = program.command('backup').description('writes a consistent copy of a database to backups/')
  backup
    .enablePositionalOptions()
    .argument('[target]', TARGET, parseTarget)
    .option('--all', 'the catalog and all tenants')
    .addOption(
      new Option('--format <format>', 'archive, which restore takes, or sql, for people').choices(['archive', 'sql']),
    )
    .action((target: Target | undefined, { all = false, format = 'archive' }: BackupOptions, self: Command) => {
      if (all === (target !== undefined)) self.error('error: name one target, or --all')
      if (all && format !== 'archive') self.error("error: option '--format <format>' does not go with --all")
      return act(self, (invocation) =>
        target === undefined ? backUpAll(invocation) : backUp(invocation, target, format),
      )
    })
  addList(backup, act)
  addHistory(backup, act)
  backup
    .command('delete')
    .description('deletes a backup, for good')
    .argument('<name>', 'the name of the backup')
    .action((name: string, _options: object, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          await kernel.backups.remove(undefined, name)
          printResult(invocation.terminal, invocation.json, { name, deleted: true }, `deleted ${name}`)
          return 0
        }),
      ),
    )
  backup
    .command('read')
    .description('writes what is in a backup to standard output, decrypted and decompressed')
    .argument('<name>', 'the name of the backup')
    .action((name: string, _options: object, self: Command) => act(self, (invocation) => read(invocation, name)))
}

function addList(backup: Command, act: Act): void {
  backup
    .command('list')
    .description('lists the backups, the newest first')
    .argument('[target]', `${TARGET} (default: all of them)`, parseTarget)
    .action((target: Target | undefined, _options: object, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const backups = await kernel.backups.list(target)
          printResult(invocation.terminal, invocation.json, backups, describeBackups(backups))
          return 0
        }),
      ),
    )
}

function addHistory(backup: Command, act: Act): void {
  backup
    .command('history')
    .description('lists what was backed up and restored, the newest first')
    .argument('[target]', `${TARGET} (default: all of them)`, parseTarget)
    .addOption(new Option('--most <n>', 'so many at most').argParser(parseMostEntries).default(MOST_RUNS))
    .action((target: Target | undefined, { most }: { readonly most: number }, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const entries = await kernel.backups.history(target, most)
          printResult(invocation.terminal, invocation.json, entries, describeHistory(entries))
          return 0
        }),
      ),
    )
}

function backUp(invocation: Invocation, target: Target, format: DumpFormat): Promise<number> {
  const { terminal, json } = invocation
  return whileWorking(invocation, 'the backup was called off: nothing of it is left', async (kernel, options) => {
    const report = await kernel.backups.create(target, { reason: 'manual', format, ...options })
    return () => {
      printResult(terminal, json, report, describeBackup(report))
      return 0
    }
  })
}

/** Status 1 if a database could not be backed up, or was not begun with. */
function backUpAll(invocation: Invocation): Promise<number> {
  const { terminal } = invocation
  return withCatalog(invocation, async (kernel) => {
    const progress = await backupsProgress(invocation)
    const asked = () => progress.aside(() => tellEnding(terminal))
    return withOrderlyEnd(terminal, { asked, atOnce: () => progress.end() }, async (signal) => {
      let status = 1
      try {
        for await (const event of kernel.backups.createAll({ signal })) {
          progress.show(event)
          if (event.event === 'summary' && event.failed === 0 && !signal.aborted) status = 0
        }
      } finally {
        progress.end()
      }
      return status
    })
  })
}

function read(invocation: Invocation, name: string): Promise<number> {
  return withCatalog(invocation, async (kernel) => {
    const { stdout } = invocation.terminal
    for await (const piece of kernel.backups.read(name)) {
      const isRead = await new Promise<boolean>((resolve) => stdout.write(piece, (error) => resolve(!error)))
      // Whoever read has seen enough, as `| head` has.
      if (!isRead) break
    }
    return 0
  })
}

function parseMostEntries(text: string): number {
  const most = parseMost(text)
  if (most === undefined) throw new InvalidArgumentError(`It must be ${MOST_RULE}.`)
  return most
}
