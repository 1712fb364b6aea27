import path from 'node:path'
import type { Fault } from '../errors.js'
import { formatModuleVersion, type ModuleVersionName } from '../names.js'
import type { Candidate } from './candidate.js'
import type { CronSource } from './cron-file.js'
import { compareModuleVersions } from './graph.js'
import { findPackages } from './packages.js'
import { findPluginFolders } from './plugin-folders.js'

/** A module version that can be imported. */
export interface ModuleSource {
  readonly module: string
  readonly version: number
  readonly name: ModuleVersionName
  /** The root file to import: absolute, `.js` or `.mjs`. */
  readonly file: string
  /** Absent if the version has no cron file. */
  readonly cron?: CronSource
  readonly folder: string
  /** As the user knows it: `plugins/test/v1` or `package m3saas-weather (v1)`. */
  readonly origin: string
}

/** All module versions of an app root; nothing of them is imported yet. */
export interface Discovery {
  readonly sources: ReadonlyMap<ModuleVersionName, ModuleSource>
  /** Those that are there but cannot be loaded, and why. */
  readonly unavailable: ReadonlyMap<ModuleVersionName, string>
  /** Where each of both kinds stands. */
  readonly origins: ReadonlyMap<ModuleVersionName, string>
  /** What looks as if it were meant to be a module and is none. `path` is the place in the app root. */
  readonly faults: readonly Fault[]
}

/** Looks through `plugins/` and the npm packages of an app root. Without either it finds nothing. */
export async function discover(root: string): Promise<Discovery> {
  const absolute = path.resolve(root)
  const [plugins, packages] = await Promise.all([findPluginFolders(absolute), findPackages(absolute)])
  return settle([...plugins.candidates, ...packages.candidates], [...plugins.faults, ...packages.faults])
}

/** Decides between candidates of one name. Pure. */
export function settle(candidates: readonly Candidate[], faults: readonly Fault[]): Discovery {
  const sources = new Map<ModuleVersionName, ModuleSource>()
  const unavailable = new Map<ModuleVersionName, string>()
  const origins = new Map<ModuleVersionName, string>()
  const places = new Map<ModuleVersionName, Candidate[]>()
  const spellings = new Map<string, Candidate>()
  for (const candidate of candidates) {
    const name = formatModuleVersion(candidate.module, candidate.version)
    places.set(name, [...(places.get(name) ?? []), candidate])
    const spelling = candidate.module.toLowerCase()
    if (!spellings.has(spelling)) spellings.set(spelling, candidate)
  }
  for (const name of [...places.keys()].sort(compareModuleVersions)) {
    const [candidate, ...others] = places.get(name) ?? []
    if (!candidate) continue
    const spelled = spellings.get(candidate.module.toLowerCase()) ?? candidate
    const shown = [candidate, ...others].map(({ origin }) => origin)
    origins.set(name, shown.join(' and '))
    if (others.length > 0) unavailable.set(name, `${name} is in two places, ${shown.join(' and ')}: remove one`)
    else if (spelled.module !== candidate.module) {
      // The catalog's database may not tell them apart, nor may the disk it is deployed to.
      const difference = `${candidate.origin} and ${spelled.origin} differ in upper and lower case alone`
      unavailable.set(name, `${difference}: rename one`)
    } else if (candidate.file === undefined) unavailable.set(name, candidate.problem ?? 'it has no root file')
    else {
      const { module, version, file, cron, folder, origin } = candidate
      sources.set(name, { module, version, name, file, ...(cron ? { cron } : {}), folder, origin })
    }
  }
  return { sources, unavailable, origins, faults }
}
