import type { FleetEvent } from '../migrations/fleet/fleet-events.js'
import { countingBar } from './counting-bar.js'
import { describeBegin, describeSummary, describeTenant } from './describe-fleet.js'
import type { Invocation } from './invocation.js'

/** Shows a migration of all tenants as it goes. */
export interface FleetProgress {
  show(event: FleetEvent): void
  /** A line to whoever looks on, on standard error. */
  say(text: string): void
  /** After the last event, or when it failed, or before the process is ended: the terminal is as it was. */
  end(): void
}

/**
 * With `--json` a JSON object a line: each tenant, then the summary. At a terminal a bar on standard error, then the
 * summary. Else a line a tenant, then the summary.
 */
export async function fleetProgress({ terminal, json }: Pick<Invocation, 'terminal' | 'json'>): Promise<FleetProgress> {
  const print = (text: string) => terminal.stdout.write(`${text}\n`)
  const say = (text: string) => terminal.stderr.write(`${text}\n`)
  if (json) {
    return {
      show: (event) => event.event !== 'begin' && print(JSON.stringify(event)),
      say,
      end: () => {},
    }
  }
  if (terminal.stderr.isTTY) return bar(terminal.stderr, print, say)
  return {
    show: (event) => print(describe(event)),
    say,
    end: () => {},
  }
}

function describe(event: FleetEvent): string {
  switch (event.event) {
    case 'begin':
      return describeBegin(event)
    case 'tenant':
      return describeTenant(event)
    case 'summary':
      return describeSummary(event)
  }
}

async function bar(
  stream: Invocation['terminal']['stderr'],
  print: (text: string) => void,
  say: (text: string) => void,
): Promise<FleetProgress> {
  const counting = await countingBar(stream, 'tenants')
  return {
    show(event) {
      if (event.event === 'begin') counting.begin(event.tenants)
      else if (event.event === 'tenant') counting.step(event.outcome === 'failed')
      else {
        counting.end()
        print(describe(event))
      }
    },
    say: (text) => counting.aside(() => say(text)),
    end: () => counting.end(),
  }
}
