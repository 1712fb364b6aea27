import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { type AppRoot, command } from './app-root.js'

/** Milliseconds that a whole `m3saas` command takes, from its start to its end. Throws unless it ends with status 0. */
export async function timeOfCommand(app: AppRoot, args: readonly string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, [command, ...args, '--root', app.root], {
    env: { ...process.env, CONFIG_FILE: app.configFile },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`)
  return performance.now() - began
}

/** Runs a script in a process of its own, with `gc()`; it prints its result as JSON. Throws unless it ends with status 0. */
export async function resultOf<T>(script: string, input: object): Promise<T> {
  const child = spawn(process.execPath, ['--expose-gc', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(input))
  const [printed, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
  if (status !== 0) throw new Error(`${script} ended with ${status}`)
  return JSON.parse(printed) as T
}
