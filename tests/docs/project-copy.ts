import { execFile } from 'node:child_process'
import { copyFile, cp, link, mkdir, mkdtemp, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { repository } from '../support/app.js'

const NOT_COPIED = new Set(['.git', 'node_modules', 'dist', 'data', 'backups', 'config.json'])

/**
 * The project as a clone has it, in a new folder `m3saas` inside a new temporary folder, which is returned. What npm
 * has installed here is there as well, so that `npm install` there has nothing to fetch.
 */
export async function copyProject(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-docs-'))
  const copy = path.join(folder, 'm3saas')
  await Promise.all(
    (await projectFiles()).map((file) => cp(path.join(repository, file), path.join(copy, file), { recursive: true })),
  )
  await linkTree(path.join(repository, 'node_modules'), path.join(copy, 'node_modules'))
  return folder
}

/** The files that git knows; without git, as in a downloaded archive, all that is no product of a run. */
async function projectFiles(): Promise<string[]> {
  const isClone = await stat(path.join(repository, '.git')).catch(() => undefined)
  if (!isClone) return (await readdir(repository)).filter((name) => !NOT_COPIED.has(name))
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z', '--cached'], { cwd: repository })
  return stdout.split('\0').filter((name) => name !== '')
}

/** Npm’s own list of what is installed: the one file that it writes into instead of replacing it. */
const WRITTEN_INTO = '.package-lock.json'

/** A copy that takes no room: hard links to the files, which npm replaces. */
export async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) await linkTree(source, target)
    else if (entry.isSymbolicLink()) await cp(source, target, { verbatimSymlinks: true })
    else if (entry.name === WRITTEN_INTO) await copyFile(source, target)
    // The temporary folder may be on another disk.
    else await link(source, target).catch(() => copyFile(source, target))
  }
}
