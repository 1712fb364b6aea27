import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCommandLine } from '../../kernel/cli/command-line.js'
import { repository } from './app.js'
import { until } from './until.js'

/** A server that has not ended by then is killed; its status, null, tells. */
const STOP_SECONDS = 20

const commandFile = path.join(repository, 'dist/kernel/main.js')

/** What a command left behind. `status` is null if a signal ended it. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** The working directory; the app root, unless `--root` or M3SAAS_ROOT says otherwise. */
  readonly cwd: string
  /** All that the command finds in its environment, but for PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** Runs `m3saas` in this process, with a terminal of its own: fast. It never gets a signal. */
export async function callCommand(args: readonly string[], { cwd, env = {}, stdin }: CommandOptions): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const status = runCommandLine(args, {
    env,
    cwd,
    stdin: Readable.from(stdin === undefined ? [] : [stdin]),
    stdout,
    stderr,
    onSignal: () => () => {},
    onUncaught: () => {},
    exit: (code) => {
      throw new Error(`the command ended the process with ${code}`)
    },
  }).finally(() => {
    stdout.end()
    stderr.end()
  })
  const [code, out, err] = await Promise.all([status, text(stdout), text(stderr)])
  return { status: code, stdout: out, stderr: err }
}

/** Runs `m3saas` as a process of its own, to its end. */
export function runCommand(args: readonly string[], options: CommandOptions): Promise<Outcome> {
  return launch(args, options).ended
}

/** `m3saas start`, serving. */
export interface RunningCommand {
  readonly child: ChildProcess
  readonly url: string
  readonly ended: Promise<Outcome>
  /** So far. */
  stdout(): string
  /** The lines of the log so far, parsed. */
  log(): Record<string, unknown>[]
  /** Asks it to end and waits until it has. */
  stop(signal?: NodeJS.Signals): Promise<Outcome>
}

/** All that a start prints: the routes come some time behind the address. */
const ANNOUNCED = /^\{.*\}\n$|\(with the ops token\)\n$/

/** Starts a server as a process of its own on a free port and waits until it has said what there is to say. */
export async function startCommand(options: CommandOptions, args: readonly string[] = []): Promise<RunningCommand> {
  const launched = launch(['start', ...args], { ...options, env: { PORT: '0', ...options.env } })
  const { child, ended, stdout, stderr } = launched
  await until(() => child.exitCode !== null || ANNOUNCED.test(stdout()), 'the server prints its address', 60)
  const url = /http:\/\/[\w.[\]:]+/.exec(stdout())?.[0]
  if (url === undefined) throw new Error(`m3saas start ended: ${stderr()}`)
  return {
    child,
    url,
    ended,
    stdout,
    log: () =>
      stderr()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS * 1000)
      return ended.finally(() => clearTimeout(late))
    },
  }
}

/** Starts `m3saas` as a process of its own; what it has printed can be looked at as it goes. */
export function launch(args: readonly string[], { cwd, env = {}, stdin }: CommandOptions) {
  const child = spawn(process.execPath, [commandFile, ...args], { cwd, env: { PATH: process.env.PATH, ...env } })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    err += chunk
  })
  child.stdin.end(stdin)
  const ended = once(child, 'close').then(([status]): Outcome => ({ status, stdout: out, stderr: err }))
  return { child, ended, stdout: () => out, stderr: () => err }
}
