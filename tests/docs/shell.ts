import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { until } from '../support/until.js'

const COMMAND_SECONDS = 120

export interface Outcome {
  readonly status: number
  /** Both outputs, as a terminal shows them. */
  readonly output: string
}

/** One shell in which a reader types one command after another. */
export class Shell {
  readonly #child: ChildProcess
  #output = ''

  constructor(cwd: string, env: Readonly<Record<string, string>>) {
    // `2>&1` for the whole shell: in the order of a terminal. A group of its own, so that all it started ends with it.
    this.#child = spawn('/bin/sh', ['-c', 'exec 2>&1; exec /bin/sh'], { cwd, env, detached: true })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#output += chunk
    })
  }

  /** Runs a command to its end, without anything to read. Throws if that takes too long or ends the shell. */
  async run(command: string): Promise<Outcome> {
    const mark = randomUUID()
    this.#output = ''
    this.#child.stdin?.write(`{ ${command}\n} </dev/null\nprintf '%s %s\\n' ${mark} $?\n`)
    const end = new RegExp(`^([\\s\\S]*)${mark} (\\d+)\\n$`)
    const { exitCode } = this.#child
    await until(() => end.test(this.#output) || exitCode !== null, `the end of ${command}`, COMMAND_SECONDS)
    const [, output = '', status] = end.exec(this.#output) ?? []
    if (status === undefined) throw new Error(`the shell ended at: ${command}\n${this.#output}`)
    return { status: Number(status), output }
  }

  async folder(): Promise<string> {
    return (await this.run('pwd')).output.trim()
  }

  close(): Promise<void> {
    return endGroup(this.#child, 'SIGKILL')
  }
}

/** A server that a reader starts in a terminal of its own. */
export class Server {
  readonly #child: ChildProcess
  #output = ''
  #log = ''

  constructor(command: string, cwd: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn('/bin/sh', ['-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#output += chunk
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#log += chunk
    })
  }

  /** Standard output so far; the log, on standard error, comes as it will. */
  get output(): string {
    return this.#output
  }

  /** Waits until it has said what is expected. Throws with all that it said if it ends before. */
  async hasSaid(isExpected: (output: string) => boolean): Promise<void> {
    const ended = () => this.#child.exitCode !== null || this.#child.signalCode !== null
    try {
      await until(() => isExpected(this.#output) || ended(), 'what the server says', COMMAND_SECONDS)
    } catch (error) {
      throw new Error(`${(error as Error).message}; it said:\n${this.#output}${this.#log}`)
    }
    if (!isExpected(this.#output)) throw new Error(`the server said:\n${this.#output}${this.#log}`)
  }

  /** Ctrl+C: the signal goes to everything that the terminal started. */
  interrupt(): Promise<void> {
    return endGroup(this.#child, 'SIGINT')
  }
}

async function endGroup(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  process.kill(-child.pid, signal)
  await closed
}
