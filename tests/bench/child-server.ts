import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A server in a process of its own, as a benchmark starts and stops it. */
export interface ChildServer {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/**
 * Starts `node <args>`; the first line it prints is JSON with its `url`. `log`: what happens to its standard error, where
 * servers write their log.
 */
export async function startChild(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  log: 'inherit' | 'ignore' = 'inherit',
): Promise<ChildServer> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', log],
  })
  const url = await firstUrl(child)
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function firstUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the child has no standard output')
  for await (const line of createInterface(child.stdout)) {
    return (JSON.parse(line) as { url: string }).url
  }
  throw new Error(`the server ended before it served, with status ${child.exitCode}`)
}
