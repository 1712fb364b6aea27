import type { FleetEvent } from '../migrations/fleet/fleet-events.js'
import { describeBegin, describeSummary, describeTenant } from './describe-fleet.js'
import { drawnBar } from './drawn-bar.js'
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

/** What the bar leaves to the words beside it: four digits of tenants, minutes left. */
const WORDS = 54

async function bar(
  stream: Invocation['terminal']['stderr'],
  print: (text: string) => void,
  say: (text: string) => void,
): Promise<FleetProgress> {
  const format = '{bar} {value}/{total} tenants | {failed} failed | {rate}/s | {eta_formatted} left'
  const drawn = await drawnBar(stream, format, WORDS)
  const began = performance.now()
  let [total, tenants, failed] = [0, 0, 0]
  const payload = () => ({ rate: Math.round((tenants * 1000) / Math.max(1, performance.now() - began)), failed })
  const stop = () => drawn.isActive && drawn.stop()
  return {
    show(event) {
      if (event.event === 'begin') {
        total = event.tenants
        drawn.start(total, 0, payload())
      } else if (event.event === 'tenant') {
        tenants++
        if (event.outcome === 'failed') failed++
        drawn.update(tenants, payload())
      } else {
        stop()
        print(describe(event))
      }
    },
    say(text) {
      const isDrawn = drawn.isActive
      // On a line of its own: the bar is drawn over what stands behind it.
      stop()
      say(text)
      if (isDrawn) drawn.start(total, tenants, payload())
    },
    end: () => void stop(),
  }
}
