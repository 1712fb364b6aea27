import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCommandLine } from '../../kernel/cli/command-line.js'

export const [HIDDEN, SHOWN] = ['\u001b[?25l', '\u001b[?25h']

export interface TerminalOptions {
  readonly cwd: string
  readonly columns?: number
  /** Where nobody types; else somebody does. */
  readonly stdin?: 'nobody'
  /** Called with all that was drawn, whenever that has become more. */
  readonly onDrawn?: (drawn: string, person: Person) => void
}

/** Who sits before the terminal. */
export interface Person {
  /** Ctrl-C, while nothing is asked. */
  interrupt(): void
  type(keys: string): void
}

/** `m3saas` before a person, in this process. */
export function atTerminal(args: readonly string[], options: TerminalOptions) {
  const { cwd, columns = 80, onDrawn } = options
  const stdin = Object.assign(new PassThrough(), { isTTY: options.stdin !== 'nobody', setRawMode: () => {} })
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: true, columns })]
  let [drawn, handle] = ['', () => {}]
  const exits: number[] = []
  const signal = () => handle()
  // Later: what is being drawn is drawn first.
  const person: Person = { interrupt: () => void setImmediate(signal), type: (keys) => void stdin.write(keys) }
  stderr.on('data', (chunk) => {
    drawn += chunk
    onDrawn?.(drawn, person)
  })
  const terminal = {
    ...{ env: {}, cwd, stdin, stdout, stderr },
    onSignal: (_signals: unknown, handler: (signal: NodeJS.Signals) => void) => {
      handle = () => handler('SIGINT')
      return () => {
        handle = () => {}
      }
    },
    onUncaught: () => {},
    exit: (status: number) => void exits.push(status),
  }
  const status = runCommandLine(args, terminal).finally(() => stdout.end())
  const ended = Promise.all([status, text(stdout)]).then(([status, out]) => ({ status, out, drawn }))
  return { ended, exits, signal, drawn: () => drawn }
}

/** What was drawn, each drawing of a line for itself, without what steers the terminal. */
export function linesOf(drawn: string): string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is steered by
  return drawn.split(/\r?\n|\u001b\[1G/).map((line) => line.replaceAll(/\u001b(?:[78]|\[[?0-9]*[a-zA-Z])/g, ''))
}
