import { connect } from 'node:net'

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Writes a request line as it is given, which `fetch` would normalise, and reads the answer until the end. */
export async function sendRaw(
  url: string,
  requestLine: string,
  { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string } = {},
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // A server need not read a body to its end that it refuses; what it answered counts.
  socket.on('error', () => {})
  const given = {
    host,
    connection: 'close',
    ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  }
  // A header that is given as an empty text is left out.
  const all = Object.entries({ ...given, ...headers }).filter(([, value]) => value !== '')
  const lines = all.map(([name, value]) => `${name}: ${value}`)
  socket.write(`${[requestLine, ...lines].join('\r\n')}\r\n\r\n${body}`)
  await new Promise((resolve) => socket.once('close', resolve))
  const text = Buffer.concat(chunks).toString()
  const [head = '', rest = ''] = splitAt(text, '\r\n\r\n')
  const [statusLine = '', ...fields] = head.split('\r\n')
  return {
    status: Number(statusLine.split(' ')[1]),
    headers: Object.fromEntries(
      fields.map((field) => splitAt(field, ': ')).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: rest,
  }
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)]
}
