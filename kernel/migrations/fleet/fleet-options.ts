import type { FleetConfig } from '../../config/config.js'

/** How all tenants are migrated; what is left out comes from the configuration. */
export interface FleetOptions extends FleetConfig {
  /** Begins anew where else a run that was stopped or killed would be taken up. */
  readonly restart: boolean
}

type FleetNumber = keyof FleetConfig

/** As in the schema of the configuration, which has them for itself. */
export const FLEET_RANGES: Readonly<Record<FleetNumber, { readonly least: number; readonly most: number }>> = {
  parallel: { least: 1, most: 256 },
  canary: { least: 0, most: 1_000_000 },
  maxFailures: { least: 1, most: 1_000_000 },
}

/** What a command line or a URL says, or undefined if it is not in the range. */
export function parseFleetNumber(key: FleetNumber, text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,6})$/.test(text)) return undefined
  const { least, most } = FLEET_RANGES[key]
  const number = Number(text)
  return number >= least && number <= most ? number : undefined
}

/** Goes on from "must be". */
export function fleetNumberRule(key: FleetNumber): string {
  return `an integer, ${FLEET_RANGES[key].least} to ${FLEET_RANGES[key].most}`
}
