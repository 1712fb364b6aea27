import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { M3Error } from '../errors.js'
import { newRequestId } from './exchange.js'
import { judge, problemOf } from './problem.js'
import { PROBLEM_TYPE } from './send-problem.js'

/** Answers what Node could not even read as a request, then ends the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // A client that is gone gets nothing, and an answer that is half out cannot be followed by another.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const problem = problemOf(judge(reasonOf(error.code)), newRequestId())
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${problem.requestId}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function reasonOf(code: string | undefined): M3Error {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new M3Error('HEADERS_TOO_LARGE', 'The request line and the headers are longer than 16 KiB')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new M3Error('REQUEST_TIMEOUT', 'The request did not arrive in time')
    default:
      return new M3Error('BAD_REQUEST', 'This is no HTTP request')
  }
}
