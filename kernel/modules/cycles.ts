import type { ModuleVersionName } from '../names.js'

export type Successors = (name: ModuleVersionName) => readonly ModuleVersionName[]

interface Visit {
  readonly name: ModuleVersionName
  readonly targets: readonly ModuleVersionName[]
  readonly index: number
  next: number
  low: number
  open: boolean
}

/**
 * The strongly connected components of a graph, each after those it points to. A component of more than one node, or
 * of one that points to itself, is where the cycles are. Tarjan's algorithm with a stack of its own, for a chain of
 * dependencies may be longer than the call stack: https://doi.org/10.1137/0201010
 */
export function components(names: Iterable<ModuleVersionName>, successors: Successors): ModuleVersionName[][] {
  const visits = new Map<ModuleVersionName, Visit>()
  const open: Visit[] = []
  const found: ModuleVersionName[][] = []

  const enter = (name: ModuleVersionName): Visit => {
    const index = visits.size
    const visit = { name, targets: successors(name), index, next: 0, low: index, open: true }
    visits.set(name, visit)
    open.push(visit)
    return visit
  }

  for (const start of names) {
    if (visits.has(start)) continue
    const trail = [enter(start)]
    for (let visit = trail.at(-1); visit; visit = trail.at(-1)) {
      const target = visit.targets[visit.next++]
      if (target !== undefined) {
        const seen = visits.get(target)
        if (!seen) trail.push(enter(target))
        else if (seen.open) visit.low = Math.min(visit.low, seen.index)
        continue
      }
      trail.pop()
      const parent = trail.at(-1)
      if (parent) parent.low = Math.min(parent.low, visit.low)
      if (visit.low === visit.index) found.push(close(open, visit))
    }
  }
  return found
}

function close(open: Visit[], last: Visit): ModuleVersionName[] {
  const members = open.splice(open.lastIndexOf(last))
  for (const member of members) member.open = false
  return members.map((member) => member.name)
}

/** A shortest way from `start`, over at least one edge, to a node that `isGoal` accepts; both ends included. */
export function shortestPath(
  start: ModuleVersionName,
  isGoal: (name: ModuleVersionName) => boolean,
  successors: Successors,
): ModuleVersionName[] | undefined {
  const cameFrom = new Map<ModuleVersionName, ModuleVersionName>()
  const queue = [start]
  for (const name of queue) {
    for (const target of successors(name)) {
      if (isGoal(target)) {
        const path = [target]
        for (let step: ModuleVersionName | undefined = name; step !== undefined; step = cameFrom.get(step)) {
          path.push(step)
          if (step === start) break
        }
        return path.reverse()
      }
      if (target !== start && !cameFrom.has(target)) {
        cameFrom.set(target, name)
        queue.push(target)
      }
    }
  }
  return undefined
}
