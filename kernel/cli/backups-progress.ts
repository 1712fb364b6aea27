import type { BackupEvent } from '../backups/contract.js'
import { countingBar } from './counting-bar.js'
import { describeBackupEvent } from './describe-backup.js'
import type { Invocation } from './invocation.js'
import { printResult } from './output.js'

/** Shows a backup of all as it goes. */
export interface BackupsProgress {
  show(event: BackupEvent): void
  /** Lets something be said on standard error. */
  aside(say: () => void): void
  /** The terminal is as it was. */
  end(): void
}

/**
 * With `--json` a JSON object a line. At a terminal a bar on standard error; printed is what went wrong or is worth a look,
 * then the summary. Else a line a database, then the summary.
 */
export async function backupsProgress({
  terminal,
  json,
}: Pick<Invocation, 'terminal' | 'json'>): Promise<BackupsProgress> {
  const print = (event: BackupEvent) => printResult(terminal, json, event, describeBackupEvent(event))
  if (json || !terminal.stderr.isTTY) {
    return {
      show: (event) => (json && event.event === 'begin') || print(event),
      aside: (say) => say(),
      end: () => {},
    }
  }
  const bar = await countingBar(terminal.stderr, 'backups')
  return {
    show(event) {
      if (event.event === 'begin') return bar.begin(event.databases)
      if (event.event === 'summary') bar.end()
      else bar.step(event.event === 'failure')
      if (isWorthALook(event)) bar.aside(() => print(event))
    },
    aside: (say) => bar.aside(say),
    end: () => bar.end(),
  }
}

function isWorthALook(event: BackupEvent): boolean {
  if (event.event === 'backup') return event.warnings.length > 0
  return event.event === 'failure' || event.event === 'summary'
}
