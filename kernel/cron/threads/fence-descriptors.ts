import { refuseAll } from './refusing.js'

type Loose = Record<string, unknown>
type Callable = (...given: unknown[]) => unknown

const NUMBERS = 'a file or socket by its number'

/** Those whose first argument may be a number that stands for an open file. */
const BY_NUMBER = [
  ...[
    'read',
    'readv',
    'write',
    'writev',
    'close',
    'fstat',
    'fsync',
    'fdatasync',
    'ftruncate',
    'futimes',
    'fchmod',
    'fchown',
  ],
  ...['readFile', 'writeFile', 'appendFile', 'truncate'],
]

/**
 * Files and sockets that are open in the process have numbers that any thread can use: those of the other threads are
 * closed to this one. Sockets of the machine itself (`/var/run/…`) are closed as well: they trust whoever the process runs as.
 */
export function fenceDescriptors(require: (name: string) => unknown): void {
  fenceFiles(require('node:fs') as Loose)
  fenceSockets(require('node:net') as typeof import('node:net'))
  fenceDatagrams(require('node:dgram') as typeof import('node:dgram'))
  refuseAll(require('node:tty') as Loose, ['ReadStream', 'WriteStream'], NUMBERS)
}

function fenceFiles(fs: Loose): void {
  const own = new Set<number>()
  const guarded = (name: string) => {
    const original = fs[name] as Callable
    const closes = name.startsWith('close')
    const replacement = function (this: unknown, ...given: unknown[]) {
      const [first] = given
      if (typeof first === 'number' && !own.has(first)) return refuse(name, given.at(-1))
      if (closes) own.delete(first as number)
      return Reflect.apply(original, this, given)
    }
    // How `promisify` treats it stands there.
    fs[name] = Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original))
  }
  for (const name of BY_NUMBER) {
    for (const form of [name, `${name}Sync`]) if (typeof fs[form] === 'function') guarded(form)
  }
  const { open, openSync } = fs as Record<string, Callable>
  fs.openSync = (...given: unknown[]) => {
    const descriptor = openSync?.(...given) as number
    own.add(descriptor)
    return descriptor
  }
  fs.open = (...given: unknown[]) => {
    const done = given.at(-1)
    if (typeof done !== 'function') return open?.(...given)
    return open?.(...given.slice(0, -1), (error: unknown, descriptor: number) => {
      if (!error) own.add(descriptor)
      done(error, descriptor)
    })
  }
}

/** Every socket that is made of a number passes these; so does whatever wraps a socket. */
function fenceSockets(net: typeof import('node:net')): void {
  refuseAll(net, ['_createServerHandle'], NUMBERS)
  const stream = handlePrototype(net, { host: 'localhost', port: 1, lookup: () => {} })
  refuseAll(stream, ['open'], NUMBERS)
  const local = handlePrototype(net, { path: '.' })
  refuseAll(local, ['open', 'connect', 'bind', 'listen', 'fchmod'], 'sockets of the machine')
}

/** A socket makes its handle before it connects. */
function handlePrototype(net: typeof import('node:net'), options: object): Loose {
  const socket = new net.Socket()
  // It was never meant to connect.
  socket.on('error', () => {})
  socket.connect(options as never)
  const { _handle: handle } = socket as unknown as { _handle: object }
  socket.destroy()
  return Object.getPrototypeOf(handle) as Loose
}

function fenceDatagrams(dgram: typeof import('node:dgram')): void {
  refuseAll(dgram, ['_createSocketHandle'], NUMBERS)
  const socket = dgram.createSocket('udp4') as unknown as Record<symbol, { handle?: object } | undefined> & {
    close(): void
  }
  for (const symbol of Object.getOwnPropertySymbols(socket)) {
    const handle = socket[symbol]?.handle
    if (handle) refuseAll(Object.getPrototypeOf(handle) as Loose, ['open'], NUMBERS)
  }
  socket.close()
}

/** By the callback, if there is one: a stream waits for it. */
function refuse(name: string, done: unknown): void {
  const error = badDescriptor(name)
  if (typeof done !== 'function') throw error
  setImmediate(() => done(error))
}

function badDescriptor(name: string): Error {
  return Object.assign(new Error(`EBADF: a job cannot use a file that it has not opened, ${name}`), { code: 'EBADF' })
}
