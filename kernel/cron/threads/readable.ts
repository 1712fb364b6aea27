import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { M3Error } from '../../errors.js'

/** The root of the package `m3saas`: this file is `dist/kernel/cron/threads/readable.js` in it. */
const PACKAGE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..')

/**
 * What a thread may read, as Node's `--allow-fs-read` takes it: code, and nothing that is kept or configured. So not the
 * app root itself, where `secrets/`, `data/`, `seeds/` and the configuration lie. `files` are those that it imports.
 * Throws where a path has a `*` in it. Only what is there, for a place that two others begin with counts as readable, too: the root folder, above all.
 */
export function readableFor(root: string, files: readonly string[]): string[] {
  const readable = new Set<string>()
  const allow = (place: string, suffix: string) => {
    const real = realOf(place)
    if (real === undefined) return
    for (const name of [place, real]) {
      // Node takes it for a wildcard wherever it stands, and such places end the whole process.
      if (name.includes('*')) throw new M3Error('CONFIG_INVALID', `No job can be run with * in a path, as in ${name}`)
      readable.add(name + suffix)
    }
  }
  const allowFolder = (folder: string) => allow(folder, `${path.sep}*`)
  // Where Node looks for packages: from where a file really is.
  const allowPackages = (from: string) => {
    for (const folder of upwards(from)) {
      allow(path.join(folder, 'package.json'), '')
      allowFolder(path.join(folder, 'node_modules'))
    }
  }
  for (const base of [root, PACKAGE]) allowPackages(base)
  allowFolder(path.join(PACKAGE, 'dist', 'kernel'))
  allowFolder(path.join(root, 'plugins'))
  allowFolder(path.join(root, 'dist', 'plugins'))
  for (const file of files) {
    allowFolder(path.dirname(file))
    const home = packageOf(file)
    if (home !== undefined) allowFolder(home)
    allowPackages(path.dirname(realOf(file) ?? file))
  }
  return [...readable]
}

/** The folder of the npm package that brings the file, if one does. */
function packageOf(file: string): string | undefined {
  const mark = `${path.sep}node_modules${path.sep}`
  const at = file.lastIndexOf(mark)
  if (at < 0) return undefined
  const [scope = '', name = ''] = file.slice(at + mark.length).split(path.sep)
  return path.join(file.slice(0, at + mark.length), scope, scope.startsWith('@') ? name : '')
}

function* upwards(folder: string): Generator<string> {
  for (let at = folder; ; at = path.dirname(at)) {
    yield at
    if (at === path.dirname(at)) return
  }
}

/** Where the links of a place lead, if anywhere. */
function realOf(place: string): string | undefined {
  return existsSync(place) ? realpathSync(place) : undefined
}
