import type { FleetEvent } from '../migrations/fleet-events.js'
import { describeBegin, describeSummary, describeTenant } from './describe-fleet.js'
import type { Invocation } from './invocation.js'

/** Shows a migration of all tenants as it goes. */
export interface FleetProgress {
  show(event: FleetEvent): void
  /** After the last event, or when it failed. */
  end(): void
}

/**
 * With `--json` a JSON object a line: each tenant, then the summary. At a terminal a bar on standard error, then the
 * summary. Else a line a tenant, then the summary.
 */
export async function fleetProgress({ terminal, json }: Pick<Invocation, 'terminal' | 'json'>): Promise<FleetProgress> {
  const print = (text: string) => terminal.stdout.write(`${text}\n`)
  if (json) {
    return {
      show: (event) => event.event !== 'begin' && print(JSON.stringify(event)),
      end: () => {},
    }
  }
  if (terminal.stderr.isTTY) return bar(terminal.stderr, print)
  return {
    show: (event) => print(describe(event)),
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

async function bar(stream: Invocation['terminal']['stderr'], print: (text: string) => void): Promise<FleetProgress> {
  const { default: progress } = await import('cli-progress')
  const drawn = new progress.SingleBar({
    stream,
    format: '{bar} {value}/{total} tenants | {rate}/s | {eta_formatted} left | {failed} failed',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    etaBuffer: 200,
  })
  const began = performance.now()
  let [tenants, failed] = [0, 0]
  const payload = () => ({ rate: Math.round((tenants * 1000) / Math.max(1, performance.now() - began)), failed })
  return {
    show(event) {
      if (event.event === 'begin') drawn.start(event.tenants, 0, payload())
      else if (event.event === 'tenant') {
        tenants++
        if (event.outcome === 'failed') failed++
        drawn.update(tenants, payload())
      } else {
        drawn.stop()
        print(describe(event))
      }
    },
    end: () => {
      if (drawn.isActive) drawn.stop()
    },
  }
}
