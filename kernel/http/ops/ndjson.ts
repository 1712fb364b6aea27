import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** JSON objects, one a line: https://github.com/ndjson/ndjson-spec */
const NDJSON = 'application/x-ndjson'

export interface EventStream<Event> {
  /** Begins the work. The signal, or whoever stops reading, asks it to end. */
  readonly begin: (signal: AbortSignal) => AsyncIterable<Event>
  /** Events that clients are not told of. */
  readonly isHidden?: (event: Event) => boolean
  /** Logged if the work fails when nobody reads any more. */
  readonly failed: string
}

/**
 * Answers long work as it goes, a line for each event. What stops it before the first event is a problem; later there is
 * no status left to tell, and a stream that ends without its last event has failed. A client that leaves asks the work to
 * end.
 */
export async function streamEvents<Event extends object>(
  { begin, isHidden = () => false, failed }: EventStream<Event>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const leaving = new AbortController()
  const events = begin(leaving.signal)[Symbol.asyncIterator]()
  onLeave(request, reply, () => {
    leaving.abort()
    // Also where nobody has begun to read the stream, or never will: the work would wait for ever to tell of its next event.
    events.return?.().catch((error) => request.log.error({ err: error }, failed))
  })
  const first = await events.next()
  // The stream of Node cannot be told of a client's leaving while it waits for the next event: the signal can.
  const lines = linesOf(first, events, isHidden)
  return reply.type(NDJSON).send(Readable.from(lines, { objectMode: false, highWaterMark: 1 }))
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

async function* linesOf<Event>(
  first: IteratorResult<Event>,
  events: AsyncIterator<Event>,
  isHidden: (event: Event) => boolean,
): AsyncGenerator<string> {
  for (let next = first; !next.done; next = await events.next()) {
    if (!isHidden(next.value)) yield `${JSON.stringify(next.value)}\n`
  }
}
