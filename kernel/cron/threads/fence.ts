import { createRequire, isBuiltin, syncBuiltinESMExports } from 'node:module'
import { MessagePort } from 'node:worker_threads'
import { fenceDescriptors } from './fence-descriptors.js'
import { fenceFolders } from './fence-folders.js'
import { fenceHandles } from './fence-handles.js'
import { refuseAll } from './refusing.js'

const require = createRequire(import.meta.url)

/** Reading elsewhere, writing, other programs, other threads and native code: what the thread must not be able to do. */
const FORBIDDEN = ['fs.write', 'child', 'worker'] as const

interface Permission {
  has(scope: string, reference?: string): boolean
}

/** Under no folder that a thread may read. The root itself may count as readable where folders below it are. */
const ELSEWHERE = '/not-for-jobs/anything'

/** Throws unless Node itself holds this thread to what it may read. */
export function requirePermissions(): void {
  const { permission } = process as unknown as { permission?: Permission }
  const isHeld =
    permission !== undefined &&
    !permission.has('fs.read', ELSEWHERE) &&
    !FORBIDDEN.some((scope) => permission.has(scope))
  if (!isHeld) throw new Error('This Node does not hold a thread to what it may read: no job is run')
}

/**
 * Takes from a thread, before any code of a module is loaded, what the permissions of Node leave open and what reaches
 * the rest of the process or other tenants' threads in it. What the kernel needs itself it has taken before. `readable` is
 * what Node was given as such.
 */
export async function raiseFence(readable: readonly string[]): Promise<void> {
  fenceProcess()
  fenceThreads()
  fenceDescriptors(require)
  fenceFolders(require, readable)
  await fenceHandles(require)
  const v8: Record<string, unknown> = require('node:v8')
  // Flags are those of the whole process.
  refuseAll(
    v8,
    // The last one calls what a job has put into classes of Node's on objects that do not bear it: the process is gone.
    ['setFlagsFromString', 'setHeapSnapshotNearHeapLimit', 'takeCoverage', 'stopCoverage', 'queryObjects'],
    (name) => `v8.${name}`,
  )
  const http2: Record<string, unknown> = require('node:http2')
  // Its answers are made of any open file by its number.
  refuseAll(http2, ['createServer', 'createSecureServer', 'performServerHandshake'], (name) => `http2.${name}`)
  const os: Record<string, unknown> = require('node:os')
  refuseAll(os, ['setPriority'], 'os.setPriority')
  // Newer versions of Node bring one of their own, which opens any file.
  if (isBuiltin('node:sqlite')) refuseAll(require('node:sqlite'), ['DatabaseSync', 'backup'], 'node:sqlite')
  syncBuiltinESMExports()
}

function fenceProcess(): void {
  const own = process as unknown as Record<string, unknown>
  // Signals reach the whole process; native code whatever it likes; handles the ports of the kernel.
  const closed = [
    'kill',
    '_kill',
    'dlopen',
    'binding',
    '_linkedBinding',
    '_debugProcess',
    '_debugEnd',
    'setUncaughtExceptionCaptureCallback',
  ]
  refuseAll(own, closed, (name) => `process.${name}`)
  for (const name of ['_getActiveHandles', '_getActiveRequests']) fix(own, name, () => [])
  // It tells the environment and the arguments of the process, and its settings are those of all threads.
  fix(own, 'report', undefined)
  // It writes to the standard error of the process, and Node's own warnings go through it.
  fix(own, '_rawDebug', (...given: unknown[]) => void process.stderr.write(`${given.join(' ')}\n`))
}

function fenceThreads(): void {
  const threads: Record<string, unknown> = require('node:worker_threads')
  threads.parentPort = null
  const closed = ['BroadcastChannel', 'postMessageToThread']
  refuseAll(threads, closed, (name) => name)
  refuseAll(globalThis, ['BroadcastChannel'], 'BroadcastChannel')
  const { navigator } = globalThis as { navigator?: object }
  // Locks of a process are shared by its threads.
  if (navigator && 'locks' in navigator) fix(navigator, 'locks', undefined)
  // Whoever could put a method of his own here would be handed the ports of the kernel when they are posted to.
  Object.freeze(MessagePort.prototype)
}

function fix(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: false, configurable: false, enumerable: false })
}
