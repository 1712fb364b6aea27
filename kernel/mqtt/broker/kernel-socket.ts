import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { closeServer, listenOn } from './listening.js'

const TRIES = 5
/** Between being bound and being listened to a socket refuses, too: it is asked twice before it is called stale. */
const ASK_AGAIN_MS = 50

export interface KernelSocketParts {
  readonly path: string
  readonly take: (socket: Socket) => void
}

export interface KernelSocket {
  close(): Promise<void>
}

/**
 * Listens where the kernel publishes to: who can open the socket is the kernel, so only the owner can. Undefined if another
 * process listens there. What a process that was killed has left is replaced. Throws what the system says.
 */
export async function listenForKernel(parts: KernelSocketParts): Promise<KernelSocket | undefined> {
  const pipe = parts.path.startsWith('\\\\')
  if (!pipe) await mkdir(path.dirname(parts.path), { recursive: true })
  for (let left = TRIES; ; left--) {
    try {
      return await open(parts, pipe)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || left === 0) throw error
    }
    if (await answers(parts.path)) return undefined
    if (!pipe) await moveStale(parts.path)
  }
}

async function open({ path: where, take }: KernelSocketParts, pipe: boolean): Promise<KernelSocket> {
  let safe = pipe
  const server = createServer((socket) => {
    // As it is made, others of the machine might open it.
    if (safe) take(socket)
    else socket.destroy()
  })
  await listenOn(server, { path: where })
  if (!pipe) {
    await chmod(where, 0o600)
    safe = true
  }
  return { close: () => closeServer(server) }
}

async function answers(where: string): Promise<boolean> {
  return (await asked(where)) || (await setTimeout(ASK_AGAIN_MS, undefined, { ref: false })) || (await asked(where))
}

function asked(where: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(where)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    // Full of those who wait to be taken: somebody is there. Not ours to open: neither is it stale.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN' || error.code === 'EACCES'))
  })
}

/** Another process may have replaced it in this moment: what was moved away and is not what was asked is put back. */
async function moveStale(where: string): Promise<void> {
  const before = await inodeOf(where)
  if (before === undefined) return
  const aside = `${where}.${before}.stale`
  try {
    await rename(where, aside)
  } catch {
    return
  }
  if ((await inodeOf(aside)) === before) await rm(aside, { force: true })
  else await rename(aside, where)
}

async function inodeOf(where: string): Promise<number | undefined> {
  try {
    return (await stat(where)).ino
  } catch {
    return undefined
  }
}
