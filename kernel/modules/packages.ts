import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Fault, messageOf } from '../errors.js'
import { isModuleName, MODULE_NAME_RULE, parseVersionFolder } from '../names.js'
import type { Candidate, Findings } from './candidate.js'
import { findCronFile } from './cron-file.js'
import { findSourceFile, isFolder } from './source-file.js'

/**
 * The field of an npm package's `package.json` that makes it the home of a module:
 *
 *     "m3saas": { "module": "weather", "versions": { "v1": "./dist/v1", "v2": "./dist/v2" } }
 *
 * `module` is the name of the module, whatever the package is called. `versions` names the folder of each version,
 * relative to the package and inside it; each holds `<module>.module.js` or `.mjs`, compiled already.
 * Such a package names `m3saas` among its `peerDependencies`.
 */
interface PackageField {
  readonly module: string
  readonly versions: Readonly<Record<string, string>>
}

/** The module versions in the npm packages that the app root's `package.json` names in its `dependencies`. */
export async function findPackages(root: string): Promise<Findings> {
  const own = await readJson(path.join(root, 'package.json'))
  if (own.kind === 'none') return { candidates: [], faults: [] }
  if (own.kind === 'broken') return { candidates: [], faults: [{ path: 'package.json', message: own.reason }] }
  const { dependencies = {} } = own.value
  if (!isObject(dependencies)) {
    return { candidates: [], faults: [{ path: 'package.json: dependencies', message: 'must be an object' }] }
  }
  const found = await Promise.all(
    Object.keys(dependencies)
      .sort()
      .map((name) => findInPackage(root, name)),
  )
  return {
    candidates: found.flatMap(({ candidates }) => candidates),
    faults: found.flatMap(({ faults }) => faults),
  }
}

async function findInPackage(root: string, name: string): Promise<Findings> {
  const fault = (message: string) => ({ candidates: [], faults: [{ path: `package ${name}`, message }] })
  const folder = /^(?:@[^/.][^/]*\/)?[^/.@][^/]*$/.test(name) ? await findPackageFolder(root, name) : undefined
  if (!folder) return fault('is named in the dependencies of package.json, but is not installed: run npm install')
  const manifest = await readJson(path.join(folder, 'package.json'))
  if (manifest.kind !== 'read')
    return fault(`its package.json ${manifest.kind === 'none' ? 'is gone' : manifest.reason}`)
  if (manifest.value.m3saas === undefined) return { candidates: [], faults: [] }
  const field = parseField(manifest.value.m3saas, `package ${name}`)
  return field.kind === 'broken' ? { candidates: [], faults: field.faults } : findVersions(folder, name, field.value)
}

/** What is wrong with the field, or the field. Pure. */
function parseField(
  field: unknown,
  place: string,
): { kind: 'read'; value: PackageField } | { kind: 'broken'; faults: readonly Fault[] } {
  const faults: Fault[] = []
  const fault = (key: string, message: string) => faults.push({ path: `${place}: m3saas${key}`, message })
  if (!isObject(field)) {
    fault('', 'must be an object: { "module": "weather", "versions": { "v1": "./dist/v1" } }')
    return { kind: 'broken', faults }
  }
  for (const key of Object.keys(field)) {
    if (key !== 'module' && key !== 'versions') fault(`.${key}`, 'is not known; known are module, versions')
  }
  const { module, versions } = field
  if (typeof module !== 'string' || !isModuleName(module)) {
    fault('.module', `must be ${MODULE_NAME_RULE}`)
  }
  if (!isObject(versions) || Object.keys(versions).length === 0) {
    fault('.versions', 'must name a folder for each version: { "v1": "./dist/v1" }')
  } else {
    for (const [version, folder] of Object.entries(versions)) {
      if (parseVersionFolder(version) === undefined) {
        fault(`.versions.${version}`, 'a version is v and a positive integer without a leading zero, such as v1')
      }
      if (typeof folder !== 'string' || !isInside(folder)) {
        fault(`.versions.${version}`, 'must be a folder inside the package, such as "./dist/v1"')
      }
    }
  }
  return faults.length > 0 ? { kind: 'broken', faults } : { kind: 'read', value: field as unknown as PackageField }
}

async function findVersions(packageFolder: string, name: string, field: PackageField): Promise<Findings> {
  const candidates: Candidate[] = []
  const faults: Fault[] = []
  for (const [key, relative] of Object.entries(field.versions)) {
    const origin = `package ${name} (${key})`
    const folder = path.join(packageFolder, relative)
    const known = { module: field.module, version: parseVersionFolder(key) as number, folder, origin }
    const source = (await isFolder(folder))
      ? await findSourceFile(packageFolder, folder, `${field.module}.module`)
      : undefined
    if (!source) {
      faults.push({ path: origin, message: `its folder ${relative} is not in the package` })
    } else if (source.kind === 'ambiguous') {
      const problem = `has more than one root file, ${source.names.join(' and ')}: keep one`
      candidates.push({ ...known, problem: `${origin} ${problem}` })
      faults.push({ path: origin, message: problem })
    } else if (source.kind === 'unreadable') {
      faults.push({ path: origin, message: `cannot be read: ${source.reason}` })
    } else if (source.kind === 'found' && source.name !== `${field.module}.module.ts`) {
      const cron = await findCronFile(packageFolder, folder, field.module, { compiled: true })
      candidates.push({ ...known, file: source.file, ...(cron ? { cron } : {}) })
    } else {
      const shown = `${relative.replace(/\/$/, '')}/${field.module}.module`
      faults.push({ path: origin, message: `has no root file: a package brings ${shown}.js or .mjs, compiled` })
    }
  }
  return { candidates, faults }
}

/** As Node does it, but by the folder: `exports` of the package need not let its package.json through. */
async function findPackageFolder(root: string, name: string): Promise<string | undefined> {
  for (let folder = root; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name)
    if (await isFolder(candidate)) return candidate
    if (folder === path.dirname(folder)) return undefined
  }
}

type Json =
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'read'; readonly value: Readonly<Record<string, unknown>> }

async function readJson(file: string): Promise<Json> {
  let source: string
  try {
    source = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? { kind: 'none' } : { kind: 'broken', reason: `cannot be read: ${code}` }
  }
  try {
    const value: unknown = JSON.parse(source.replace(/^\uFEFF/, ''))
    return isObject(value) ? { kind: 'read', value } : { kind: 'broken', reason: 'is not a JSON object' }
  } catch (error) {
    return { kind: 'broken', reason: `is not JSON: ${messageOf(error)}` }
  }
}

function isInside(relative: string): boolean {
  const outside = path.posix.relative('/package', path.posix.join('/package', relative)).startsWith('..')
  return (
    relative !== '' && !outside && !path.isAbsolute(relative) && !relative.includes('\\') && !relative.includes('\0')
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
