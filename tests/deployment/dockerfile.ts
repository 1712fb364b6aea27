/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  readonly name: string
  /** All behind the name. */
  readonly text: string
  readonly line: number
}

/** A stage: from one FROM to the next. */
export interface Stage {
  readonly base: string
  readonly name: string | undefined
  readonly instructions: readonly Instruction[]
}

/** As much of the form of a Dockerfile as ours has; anything else is an error. */
export function parseDockerfile(source: string): Stage[] {
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = []
  for (const instruction of instructionsOf(source)) {
    const { name, text, line } = instruction
    if (name === 'FROM') {
      const [base = '', as, stage, ...more] = text.split(/\s+/)
      if ((as !== undefined && as !== 'AS') || more.length > 0) throw new Error(`line ${line}: FROM ${text}`)
      stages.push({ base, name: stage, instructions: [] })
    } else {
      const stage = stages.at(-1)
      if (!stage) throw new Error(`line ${line}: ${name} before FROM`)
      stage.instructions.push(instruction)
    }
  }
  return stages
}

function instructionsOf(source: string): Instruction[] {
  const found: Instruction[] = []
  let [open, begun] = ['', 0]
  for (const [i, line] of source.split('\n').entries()) {
    if (line.trim() === '' || /^\s*#/.test(line)) continue
    if (open === '') begun = i + 1
    const isContinued = line.endsWith('\\')
    open += isContinued ? line.slice(0, -1) : line
    if (isContinued) continue
    const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(open) ?? []
    if (name === '') throw new Error(`line ${begun}: ${open}`)
    found.push({ name, text: text.trim(), line: begun })
    open = ''
  }
  return found
}

/** `--name=value …` in front, and what is behind. */
export function optionsOf(text: string): { options: ReadonlyMap<string, string>; rest: string } {
  const options = new Map<string, string>()
  let rest = text
  for (;;) {
    const [all, name = '', value = ''] = /^--([a-z-]+)=(\S+)\s+/.exec(rest) ?? []
    if (all === undefined) return { options, rest }
    options.set(name, value)
    rest = rest.slice(all.length)
  }
}

/** The JSON form, which needs no shell. */
export function argumentsOf(text: string): string[] {
  const parsed: unknown = JSON.parse(text)
  if (!Array.isArray(parsed) || !parsed.every((entry) => typeof entry === 'string')) throw new Error(text)
  return parsed
}

/**
 * What a .dockerignore leaves of some paths. As in ours: `*`, then names without wildcards behind `!`. The last line that
 * matches counts, and a folder stands for all in it.
 */
export function notIgnored(dockerignore: string, paths: readonly string[]): string[] {
  const lines = dockerignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const rules = lines.map((line) => ({ keeps: line.startsWith('!'), name: line.replace(/^!/, '') }))
  for (const { name } of rules) if (name !== '*' && /[*?[\]]/.test(name)) throw new Error(`not understood: ${name}`)
  return paths.filter((file) => {
    const last = rules.findLast(({ name }) => name === '*' || file === name || file.startsWith(`${name}/`))
    return last?.keeps ?? true
  })
}
