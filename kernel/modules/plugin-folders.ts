import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { type Fault, messageOf } from '../errors.js'
import { isModuleName, MODULE_NAME_RULE, parseVersionFolder } from '../names.js'
import type { Candidate, Findings } from './candidate.js'
import { findCronFile } from './cron-file.js'
import { findSourceFile, isFile, isFolder } from './source-file.js'

/**
 * The module versions in `plugins/<module>/v<N>/`. Symbolic links are followed: a module that is being worked on may
 * be linked in, and whoever can put a link there can put code there. Files, hidden folders and node_modules are passed over.
 */
export async function findPluginFolders(root: string): Promise<Findings> {
  const candidates: Candidate[] = []
  const faults: Fault[] = []
  const folder = path.join(root, 'plugins')
  if (!(await isFolder(folder))) return { candidates, faults }
  for (const module of await subfolders(folder, 'plugins', faults)) {
    if (!isModuleName(module)) {
      faults.push({ path: `plugins/${module}`, message: `is not loaded: the name of a module is ${MODULE_NAME_RULE}` })
      continue
    }
    const found = await findVersions(root, module)
    candidates.push(...found.candidates)
    faults.push(...found.faults)
  }
  return { candidates, faults }
}

async function findVersions(root: string, module: string): Promise<Findings> {
  const candidates: Candidate[] = []
  const faults: Fault[] = []
  const parent = path.join(root, 'plugins', module)
  for (const name of await subfolders(parent, `plugins/${module}`, faults)) {
    const origin = `plugins/${module}/${name}`
    const folder = path.join(parent, name)
    const version = parseVersionFolder(name)
    const source = await findSourceFile(root, folder, `${module}.module`)
    if (version === undefined) {
      // Other folders may stand beside the versions, for what they share.
      if (source.kind !== 'none' || looksLikeVersion(name)) faults.push({ path: origin, message: wrongVersion(name) })
      continue
    }
    const known = { module, version, folder, origin }
    switch (source.kind) {
      case 'found': {
        const cron = await findCronFile(root, folder, module)
        candidates.push({ ...known, file: source.file, ...(cron ? { cron } : {}) })
        break
      }
      case 'none':
        faults.push({ path: origin, message: `has no root file: add ${module}.module.ts, .js or .mjs` })
        break
      case 'ambiguous': {
        const problem = `has more than one root file, ${source.names.join(' and ')}: keep one`
        candidates.push({ ...known, problem: `${origin} ${problem}` })
        faults.push({ path: origin, message: problem })
        break
      }
      case 'unreadable':
        faults.push({ path: origin, message: `cannot be read: ${source.reason}` })
        break
      case 'uncompiled':
        candidates.push({ ...known, problem: `${origin}/${source.name} is not compiled: run the project's build` })
    }
  }
  if (candidates.length === 0 && faults.length === 0) {
    faults.push({ path: `plugins/${module}`, message: `has no version: add v1/${module}.module.ts, .js or .mjs` })
  }
  return { candidates, faults }
}

async function subfolders(folder: string, shown: string, faults: Fault[]): Promise<string[]> {
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    faults.push({ path: shown, message: `cannot be read: ${messageOf(error)}` })
    return []
  }
  const names: string[] = []
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path.join(folder, entry.name))))) {
      names.push(entry.name)
    } else if (entry.isSymbolicLink() && !(await isFile(path.join(folder, entry.name)))) {
      faults.push({ path: `${shown}/${entry.name}`, message: 'is a link that leads nowhere' })
    }
  }
  return names.sort()
}

function looksLikeVersion(name: string): boolean {
  return /^(?:v|ver|version)?[^A-Za-z0-9]*[0-9]/i.test(name)
}

function wrongVersion(name: string): string {
  const number = Number(/[0-9]+/.exec(name)?.[0] ?? 1)
  const example = `v${number >= 1 && number < 1e9 ? number : 1}`
  return `is not loaded: a version folder is named v and a positive integer without a leading zero, such as ${example}`
}
