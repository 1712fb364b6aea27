/** A fenced block of a page. */
export interface Block {
  /** The first word behind the fence: `console`, `ts`, `json`, … */
  readonly language: string
  /** What follows it, which no renderer shows. */
  readonly info: string
  readonly text: string
  /** Of its first line of text in the page, from 1. */
  readonly line: number
}

/** The fenced blocks of a page in order. Throws if one is not closed. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let open: { language: string; info: string; lines: string[]; line: number } | undefined
  for (const [i, line] of page.split('\n').entries()) {
    const fence = /^```(\S*) ?(.*)$/.exec(line)
    if (!fence) open?.lines.push(line)
    else if (open) {
      blocks.push({ language: open.language, info: open.info, text: `${open.lines.join('\n')}\n`, line: open.line })
      open = undefined
    } else open = { language: fence[1] ?? '', info: fence[2] ?? '', lines: [], line: i + 2 }
  }
  if (open) throw new Error(`the block at line ${open.line} is not closed`)
  return blocks
}

/** The rows of the table whose first heading is `heading`, cells trimmed, code marks removed, the heading left out. */
export function tableOf(page: string, heading: string): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => new RegExp(`^\\| ${heading} +\\|`).test(line))
  if (start < 0) throw new Error(`there is no table that begins with ${heading}`)
  const rows: string[][] = []
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break
    rows.push(
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|')),
    )
  }
  return rows
}
