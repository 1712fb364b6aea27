import { readFile } from 'node:fs/promises'
import type { DumpFrame } from '../../kernel/engines/dump.js'

/** What a dump of the file would be. */
export async function* fileFrames(file: string): AsyncGenerator<DumpFrame> {
  const body = await readFile(file)
  yield { head: { kind: 'file', units: body.length }, body }
}
