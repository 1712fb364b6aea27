import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import path from 'node:path'
import { until } from './until.js'

/**
 * Ends the server whose number is in `<folder>/pid`, and removes the folder, when this process ends, however it ends: its
 * end of a pipe is closed then.
 * `dismiss` removes the folder now.
 */
export function guard(folder: string): { dismiss(): Promise<void> } {
  const script = 'cat >/dev/null; [ -f "$0/pid" ] && kill -9 "$(cat "$0/pid")"; rm -rf "$0"'
  const watchdog = spawn('/bin/sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watchdog.unref()
  const pipe = watchdog.stdin as Socket
  pipe.unref()
  return {
    async dismiss() {
      await rm(path.join(folder, 'pid'), { force: true })
      watchdog.ref()
      pipe.end()
      await once(watchdog, 'exit')
    },
  }
}

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Debian puts the server into a folder that is not on everybody's PATH. */
export async function findServer(program: string): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/local/bin']
  for (const folder of folders.filter((entry) => entry !== '')) {
    const file = path.join(folder, program)
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return undefined
}

export interface AwaitedStart {
  /** The file of its log, which is shown if it ends. */
  readonly log: string
  readonly port: number
  /** By what a connection shows that the server is ready: that it is taken, or that it is greeted. */
  readonly sign: 'connect' | 'data'
  readonly seconds: number
}

/** Resolves once the server is ready; rejects if it ends before. */
export async function awaitStart(child: ChildProcess, { log, port, sign, seconds }: AwaitedStart): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject)
    child.once('exit', async () => {
      reject(new Error(`${child.spawnfile} ended:\n${await readFile(log, 'utf8').catch(() => '')}`))
    })
  })
  // It is awaited for only while the server starts; it rejects when the server ends later, too.
  failed.catch(() => {})
  await Promise.race([failed, until(() => shows(port, sign), `${child.spawnfile} is ready`, seconds)])
}

function shows(port: number, sign: 'connect' | 'data'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (shown: boolean) => {
      socket.destroy()
      resolve(shown)
    }
    socket.once(sign, () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
  })
}
