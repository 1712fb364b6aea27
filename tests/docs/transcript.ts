/** A command of a page, and what the page says that it prints. */
export interface Step {
  readonly command: string
  /** Undefined: the page does not say. `''`: nothing. */
  readonly output: string | undefined
  /** The page shows Ctrl+C behind the output. */
  readonly interrupted: boolean
  /** Of the command in the page. */
  readonly line: number
}

/**
 * The steps of a `console` block: `$ ` begins a command, `> ` continues it, `^C` stops a server, all else is output.
 * Throws if output stands before the first command.
 */
export function stepsOf(text: string, firstLine: number): Step[] {
  const steps: { command: string[]; output: string[]; interrupted: boolean; line: number }[] = []
  for (const [i, line] of text.replace(/\n$/, '').split('\n').entries()) {
    const step = steps.at(-1)
    if (line.startsWith('$ ')) {
      steps.push({ command: [line.slice(2)], output: [], interrupted: false, line: firstLine + i })
    } else if (!step) throw new Error(`line ${firstLine + i}: output before the first command`)
    else if (line.startsWith('> ') && step.output.length === 0) step.command.push(line.slice(2))
    else if (line === '^C') step.interrupted = true
    else step.output.push(line)
  }
  return steps.map(({ command, output, interrupted, line }) => ({
    command: command.join('\n'),
    output: output.join('\n'),
    interrupted,
    line,
  }))
}

/**
 * Whether what was printed is what a page shows. `…` stands for anything within a line; a line of `…` alone for any
 * number of lines, none included. Blanks at the ends of lines, and empty lines at the ends of the text, do not count.
 */
export function matches(shown: string, printed: string): boolean {
  const lines = trimmed(shown)
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*?')}\\n`))
  return new RegExp(`^${lines.join('')}$`).test(`${trimmed(printed)}\n`)
}

function trimmed(text: string): string {
  return text.replace(/[ \t\r]+$/gm, '').replace(/^\n+|\n+$/g, '')
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
