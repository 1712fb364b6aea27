import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'

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
