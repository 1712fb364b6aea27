import toposort from 'toposort'
import { quote } from '../identifiers.js'

/**
 * Views, each behind those that it reads, as far as their texts tell: the server writes every name in them between
 * backticks. A column that is named like a view may make a circle of it; then they stay as they are.
 */
export function inViewOrder<V extends { readonly name: string; readonly sql: string }>(
  views: readonly V[],
): readonly V[] {
  const byName = new Map(views.map((view) => [view.name, view]))
  const edges = views.flatMap((view) =>
    views
      .filter((other) => other !== view && view.sql.includes(quote(other.name)))
      .map((other): [string, string] => [other.name, view.name]),
  )
  try {
    return toposort.array([...byName.keys()], edges).flatMap((name) => byName.get(name) ?? [])
  } catch {
    return views
  }
}
