/** Topic filters, each with values by key; what belongs to a topic is found level by level. */
export class FilterTree<V> {
  readonly #root: Branch<V> = { below: new Map() }

  set(filter: string, key: string, value: V): void {
    let branch = this.#root
    for (const level of filter.split('/')) {
      let next = branch.below.get(level)
      if (!next) {
        next = { below: new Map() }
        branch.below.set(level, next)
      }
      branch = next
    }
    branch.here ??= new Map()
    branch.here.set(key, value)
  }

  delete(filter: string, key: string): void {
    const path: [Branch<V>, string][] = []
    let branch = this.#root
    for (const level of filter.split('/')) {
      const next = branch.below.get(level)
      if (!next) return
      path.push([branch, level])
      branch = next
    }
    branch.here?.delete(key)
    if (branch.here?.size === 0) delete branch.here
    for (const [above, level] of path.reverse()) {
      const below = above.below.get(level)
      if (!below || below.here || below.below.size > 0) return
      above.below.delete(level)
    }
  }

  /** Calls back for each value of each filter that the topic is sent to. No wildcard reaches a topic's `$` at its start. */
  match(topic: string, found: (key: string, value: V) => void): void {
    visit(this.#root, topic.split('/'), 0, found)
  }
}

interface Branch<V> {
  readonly below: Map<string, Branch<V>>
  here?: Map<string, V>
}

function visit<V>(branch: Branch<V>, levels: readonly string[], at: number, found: (key: string, value: V) => void) {
  const wild = at > 0 || !levels[0]?.startsWith('$')
  if (wild) tell(branch.below.get('#'), found)
  const level = levels[at]
  if (level === undefined) {
    tell(branch, found)
    return
  }
  for (const name of wild ? [level, '+'] : [level]) {
    const next = branch.below.get(name)
    if (next) visit(next, levels, at + 1, found)
  }
}

function tell<V>(branch: Branch<V> | undefined, found: (key: string, value: V) => void): void {
  for (const [key, value] of branch?.here ?? []) found(key, value)
}
