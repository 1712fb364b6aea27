import type { Fault } from '../errors.js'
import { components, shortestPath } from '../modules/cycles.js'
import { describeCycle } from '../modules/graph.js'
import { type ModuleVersionName, parseModuleVersion } from '../names.js'

/** A row of `modules_dependencies` with the names behind its ids. */
export interface NamedDependency {
  readonly path: string
  /** Every version of it depends on `target`. */
  readonly module: string
  readonly target: ModuleVersionName
}

/** The cycles that written rows would close, together with those that are kept; each once, whichever rows close it. */
export function dependencyFaults(written: readonly NamedDependency[], kept: readonly NamedDependency[]): Fault[] {
  const edges = new Map<string, ModuleVersionName[]>()
  for (const { module, target } of [...kept, ...written]) {
    const known = edges.get(module)
    if (known) known.push(target)
    else edges.set(module, [target])
  }
  const successors = (name: ModuleVersionName) => edges.get(moduleOf(name)) ?? []
  // What is in a cycle is the target of a row, so the cycles are all among the targets and what they lead to.
  const knots = components([...edges.values()].flat(), successors)
  const cyclic = new Set(
    knots.filter((knot) => knot.length > 1 || knot.some((name) => successors(name).includes(name))).flat(),
  )
  const faults = new Map<string, Fault>()
  for (const { path, module, target } of written) {
    if (!cyclic.has(target)) continue
    const back =
      moduleOf(target) === module ? [target] : shortestPath(target, (name) => moduleOf(name) === module, successors)
    if (!back) continue
    const cycle = describeCycle([...back.slice(-1), ...back])
    if (!faults.has(cycle)) faults.set(cycle, { path, message: `would close a cycle: ${cycle}` })
  }
  return [...faults.values()]
}

function moduleOf(name: ModuleVersionName): string {
  return parseModuleVersion(name)?.name ?? name
}
