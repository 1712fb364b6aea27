import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../../errors.js'
import type { FleetEvent } from '../../migrations/fleet/fleet-events.js'
import {
  FLEET_RANGES,
  type FleetOptions,
  fleetNumberRule,
  parseFleetNumber,
} from '../../migrations/fleet/fleet-options.js'
import { refuseFaultyQuery } from './query-faults.js'

/** JSON objects, one a line: https://github.com/ndjson/ndjson-spec */
const NDJSON = 'application/x-ndjson'

export type MigrateAll = (options: Partial<FleetOptions>, signal: AbortSignal) => AsyncIterable<FleetEvent>

/**
 * Answers a migration of all tenants as it goes: a line for each tenant, the summary last. What stops it before the first
 * tenant is a problem; later there is no status left to tell, and a stream that ends without a summary has failed. A
 * client that leaves ends the run after the tenants in work.
 */
export async function streamFleet(
  migrateAll: MigrateAll,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const options = fleetOptionsOf(request.query as Readonly<Record<string, unknown>>)
  const leaving = new AbortController()
  const events = migrateAll(options, leaving.signal)[Symbol.asyncIterator]()
  onLeave(request, reply, () => {
    leaving.abort()
    // Also where nobody has begun to read the stream, or never will: the run would wait for ever to tell of a tenant.
    events.return?.().catch((error) => request.log.error({ err: error }, 'the migration of all tenants failed'))
  })
  await events.next()
  // The stream of Node cannot be told of a client's leaving while it waits for the next event: the signal can.
  return reply.type(NDJSON).send(Readable.from(linesOf(events), { objectMode: false, highWaterMark: 1 }))
}

/** Of requests that a client pipelines the socket alone says that it has left. */
function onLeave({ raw: { socket } }: FastifyRequest, { raw }: FastifyReply, leave: () => void): void {
  raw.once('close', () => {
    socket.off('close', leave)
    if (!raw.writableFinished) leave()
  })
  if (socket.destroyed) leave()
  else socket.once('close', leave)
}

async function* linesOf(events: AsyncIterator<FleetEvent>): AsyncGenerator<string> {
  for (let next = await events.next(); !next.done; next = await events.next()) {
    yield `${JSON.stringify(next.value)}\n`
  }
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
