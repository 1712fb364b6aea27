/**
 * The names in an order in which each stands behind those it refers to, and else in the order given. References to
 * itself and to names not given do not matter. `circle` is one that makes such an order impossible: a → b → a.
 */
export function referenceOrder(
  names: readonly string[],
  refersTo: (name: string) => readonly string[],
): { readonly order: string[]; readonly circle: string[] | undefined } {
  const given = new Set(names)
  const order = new Set<string>()
  const path: string[] = []
  let circle: string[] | undefined
  const visit = (name: string): void => {
    if (order.has(name)) return
    const start = path.indexOf(name)
    if (start >= 0) {
      circle ??= [...path.slice(start), name]
      return
    }
    path.push(name)
    for (const other of refersTo(name)) {
      if (other !== name && given.has(other)) visit(other)
    }
    path.pop()
    order.add(name)
  }
  for (const name of names) visit(name)
  return { order: [...order], circle }
}
