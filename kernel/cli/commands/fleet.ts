import { type Command, InvalidArgumentError, Option } from 'commander'
import { type FleetOptions, fleetNumberRule, parseFleetNumber } from '../../migrations/fleet/fleet-options.js'
import { fleetProgress } from '../fleet-progress.js'
import type { Invocation } from '../invocation.js'
import { withCatalog } from '../open-kernel.js'
import { withOrderlyEnd } from '../orderly-end.js'

/** As commander gives them. */
export type GivenFleetOptions = Partial<FleetOptions> & { readonly all?: boolean }

/** The options that go with `--all`. */
export function fleetOptions(): Option[] {
  return [
    numberOption('parallel', '--parallel <n>', 'with --all: how many tenants at a time'),
    numberOption('canary', '--canary <n>', 'with --all: how many first, one after another'),
    numberOption('maxFailures', '--max-failures <n>', 'with --all: after so many failed tenants it stops'),
    new Option('--restart', 'with --all: begin anew, not where a run that was stopped or killed ended'),
  ]
}

function numberOption(key: Parameters<typeof parseFleetNumber>[0], flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string) => {
    const number = parseFleetNumber(key, text)
    if (number === undefined) throw new InvalidArgumentError(`It must be ${fleetNumberRule(key)}.`)
    return number
  })
}

/** Ends the process as misuse if options of `--all` are given where they mean nothing. */
export function refuseStrayOptions(command: Command, given: GivenFleetOptions): void {
  const stray = command.options.find((option) => {
    const key = option.attributeName() as keyof GivenFleetOptions
    return FLEET_KEYS.includes(key) && given[key] !== undefined
  })
  if (stray) command.error(`error: option '${stray.flags}' goes with "m3saas migrate --all" alone`)
}

const FLEET_KEYS: readonly string[] = ['all', 'parallel', 'canary', 'maxFailures', 'restart']

/** `m3saas migrate --all`: status 1 if a tenant failed or was left. */
export async function migrateAll(invocation: Invocation, given: GivenFleetOptions): Promise<number> {
  const { parallel, canary, maxFailures, restart } = given
  const options = Object.fromEntries(
    Object.entries({ parallel, canary, maxFailures, restart }).filter(([, value]) => value !== undefined),
  )
  return withCatalog(invocation, async (kernel) => {
    const progress = await fleetProgress(invocation)
    const ending = {
      asked: () => progress.say('m3saas: finishing the tenants in work; a second signal ends it at once'),
      atOnce: () => progress.end(),
    }
    return withOrderlyEnd(invocation.terminal, ending, async (signal) => {
      let status = 1
      try {
        for await (const event of kernel.migrateAll(options, signal)) {
          progress.show(event)
          if (event.event === 'summary' && event.state === 'done') status = 0
        }
      } finally {
        progress.end()
      }
      return status
    })
  })
}
