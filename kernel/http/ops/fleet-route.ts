import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../../errors.js'
import type { FleetEvent } from '../../migrations/fleet/fleet-events.js'
import {
  FLEET_RANGES,
  type FleetOptions,
  fleetNumberRule,
  parseFleetNumber,
} from '../../migrations/fleet/fleet-options.js'
import { streamEvents } from './ndjson.js'
import { refuseFaultyQuery } from './query-faults.js'

export type MigrateAll = (options: Partial<FleetOptions>, signal: AbortSignal) => AsyncIterable<FleetEvent>

/**
 * Answers a migration of all tenants as it goes: a line for each tenant, the summary last. A client that leaves ends the
 * run after the tenants in work.
 */
export async function streamFleet(
  migrateAll: MigrateAll,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const options = fleetOptionsOf(request.query as Readonly<Record<string, unknown>>)
  return streamEvents(
    {
      begin: (signal) => migrateAll(options, signal),
      isHidden: ({ event }) => event === 'begin',
      failed: 'the migration of all tenants failed',
    },
    request,
    reply,
  )
}

/** Throws VALIDATION_FAILED with every fault. */
export function fleetOptionsOf(query: Readonly<Record<string, unknown>>): Partial<FleetOptions> {
  const faults: Fault[] = []
  const options: Record<string, number | boolean> = {}
  for (const [name, value] of Object.entries(query)) {
    const key = NUMBERS.find((each) => each === name)
    const number = key && typeof value === 'string' ? parseFleetNumber(key, value) : undefined
    if (number !== undefined) options[name] = number
    else if (key) faults.push({ path: name, message: `must be ${fleetNumberRule(key)}` })
    else if (name !== 'restart') faults.push({ path: name, message: `is not known; known are ${KNOWN}` })
    else if (value === 'true' || value === 'false') options.restart = value === 'true'
    else faults.push({ path: name, message: 'must be true or false' })
  }
  refuseFaultyQuery(faults)
  return options
}

const NUMBERS = Object.keys(FLEET_RANGES) as (keyof typeof FLEET_RANGES)[]
const KNOWN = [...NUMBERS, 'restart'].join(', ')
