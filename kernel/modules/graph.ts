import toposort from 'toposort'
import type { Fault } from '../errors.js'
import { type ModuleVersionName, parseModuleVersion } from '../names.js'
import { components, type Successors, shortestPath } from './cycles.js'

/** The rows of `modules_dependencies`: module → what every version of it depends on. */
export type CatalogDependencies = ReadonlyMap<string, readonly ModuleVersionName[]>

/** What is wrong with a graph. `path` is the module version it is about; the message names all that take part. */
export type GraphFault = CycleFault | MissingFault

export interface CycleFault extends Fault {
  readonly kind: 'cycle'
  /** The first one stands at the end again. */
  readonly cycle: readonly ModuleVersionName[]
}

export interface MissingFault extends Fault {
  readonly kind: 'missing'
  readonly neededBy: readonly ModuleVersionName[]
}

export interface ModuleOrder {
  /** All that is wanted and all that it depends on, dependencies first, each once. Empty if there are faults. */
  readonly order: readonly ModuleVersionName[]
  readonly faults: readonly GraphFault[]
}

/** Of each knot of cycles this many are shown: more would not help to untie it. */
const MOST_CYCLES = 10

/**
 * Orders what is wanted and its closure. The same input gives the same order, however its lists are arranged.
 * Modules that are not provided are a fault, and so is each cycle that leads through no module of a cycle named before.
 */
export function orderModules(
  wanted: Iterable<ModuleVersionName>,
  dependenciesOf: Successors,
  isProvided: (name: ModuleVersionName) => boolean,
): ModuleOrder {
  const { knots, missing, provided } = survey(wanted, dependenciesOf, isProvided)
  const faults = [...missing.values(), ...knots.flatMap((knot) => cyclesOf(knot, provided))]
  if (faults.length > 0) return { order: [], faults }
  // toposort goes down the graph by recursion and would overflow the stack on a long chain. Handed the nodes as the
  // search for cycles left them, dependencies first, it never goes deeper than one step.
  const names = knots.flat()
  const edges = names.flatMap((name) => provided(name).map((to): [ModuleVersionName, ModuleVersionName] => [to, name]))
  return { order: toposort.array(names, edges), faults }
}

/**
 * Which module versions cannot be served, each with one reason: those that take part in a cycle or need what nobody
 * provides, and all that depend on them.
 */
export function unsoundModules(
  all: Iterable<ModuleVersionName>,
  dependenciesOf: Successors,
  isProvided: (name: ModuleVersionName) => boolean,
): ReadonlyMap<ModuleVersionName, GraphFault> {
  const { knots, missing, provided } = survey(all, dependenciesOf, isProvided)
  const reasons = new Map<ModuleVersionName, GraphFault>(missing)
  for (const knot of knots) {
    const [cycle] = cyclesOf(knot, provided)
    for (const name of knot) {
      const reason = cycle ?? dependenciesOf(name).flatMap((to) => reasons.get(to) ?? [])[0]
      if (reason) reasons.set(name, reason)
    }
  }
  return reasons
}

/** Unites the catalog's rows with what modules declare themselves; `declared` is empty for one that is not imported. */
export function uniteDependencies(catalog: CatalogDependencies, declared: Successors): Successors {
  return (name) => [...(catalog.get(parseModuleVersion(name)?.name ?? '') ?? []), ...declared(name)]
}

/** By name, then by number: `a@v2` before `a@v10`. */
export function compareModuleVersions(a: ModuleVersionName, b: ModuleVersionName): number {
  const [left, right] = [a, b].map((name) => name.lastIndexOf('@v')) as [number, number]
  const [nameA, nameB] = [a.slice(0, left), b.slice(0, right)]
  if (nameA !== nameB) return nameA < nameB ? -1 : 1
  return Number(a.slice(left + 2)) - Number(b.slice(right + 2))
}

/** `a@v1 → b@v1 → a@v1`, begun at its least module, so that one cycle always reads the same. */
export function describeCycle(cycle: readonly ModuleVersionName[]): string {
  const members = cycle.slice(1)
  const [first] = members.toSorted(compareModuleVersions)
  const least = members.indexOf(first as ModuleVersionName)
  const turned = [...members.slice(least), ...members.slice(0, least)]
  return [...turned, ...turned.slice(0, 1)].join(' → ')
}

interface Survey {
  /** Components of what is provided, dependencies first. */
  readonly knots: readonly ModuleVersionName[][]
  readonly missing: ReadonlyMap<ModuleVersionName, MissingFault>
  /** The dependencies of a module that are provided, sorted, each once. */
  readonly provided: Successors
}

function survey(
  wanted: Iterable<ModuleVersionName>,
  dependenciesOf: Successors,
  isProvided: (name: ModuleVersionName) => boolean,
): Survey {
  const start = [...new Set(wanted)].sort(compareModuleVersions)
  const needers = new Map<ModuleVersionName, ModuleVersionName[]>()
  for (const name of start) if (!isProvided(name)) needers.set(name, [])
  const kept = new Map<ModuleVersionName, readonly ModuleVersionName[]>()
  const provided = (name: ModuleVersionName) => {
    const known = kept.get(name)
    if (known) return known
    const targets = [...new Set(dependenciesOf(name))].sort(compareModuleVersions)
    for (const target of targets) {
      if (isProvided(target)) continue
      const others = needers.get(target)
      if (others) others.push(name)
      else needers.set(target, [name])
    }
    const found = targets.filter(isProvided)
    kept.set(name, found)
    return found
  }
  const knots = components(start.filter(isProvided), provided)
  const missing = [...needers].map(([name, neededBy]): [ModuleVersionName, MissingFault] => [
    name,
    { kind: 'missing', path: name, message: missingText(name, neededBy.sort(compareModuleVersions)), neededBy },
  ])
  return { knots, missing: new Map(missing.sort(([a], [b]) => compareModuleVersions(a, b))), provided }
}

function missingText(name: ModuleVersionName, neededBy: readonly ModuleVersionName[]): string {
  const provided = `no plugin and no package provides ${name}`
  return neededBy.length === 0
    ? provided
    : `${provided}, which ${neededBy.join(', ')} depend${neededBy.length === 1 ? 's' : ''} on`
}

/** Cycles until each module of the knot is on one of them, or there are enough. */
function cyclesOf(knot: readonly ModuleVersionName[], successors: Successors): CycleFault[] {
  const members = new Set(knot)
  const left = new Set(knot)
  const faults: CycleFault[] = []
  const inside = (name: ModuleVersionName) => successors(name).filter((to) => members.has(to))
  for (const name of knot.toSorted(compareModuleVersions)) {
    if (!left.has(name) || faults.length >= MOST_CYCLES) continue
    const cycle = shortestPath(name, (to) => to === name, inside)
    if (!cycle) continue
    for (const member of cycle) left.delete(member)
    faults.push({ kind: 'cycle', path: name, message: `depends on itself: ${describeCycle(cycle)}`, cycle })
  }
  return faults
}
