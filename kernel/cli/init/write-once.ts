import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * What a file holds, which is what `make` gives if there was none: then it appears whole, with mode 0600, and never in the
 * place of one that another process made meanwhile. Throws what the file system says.
 */
export async function writeOnce(file: string, make: () => string): Promise<{ text: string; written: boolean }> {
  const there = await readIfThere(file)
  if (there !== undefined) return { text: there, written: false }
  const text = make()
  const whole = `${file}.${randomBytes(6).toString('hex')}`
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  try {
    await writeFile(whole, text, { mode: 0o600, flag: 'wx', flush: true })
    await link(whole, file)
    return { text, written: true }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { text: await readFile(file, 'utf8'), written: false }
  } finally {
    await rm(whole, { force: true })
  }
}

/** Undefined if there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
