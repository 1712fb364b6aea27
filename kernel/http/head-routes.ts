/**
 * The HEAD routes that modules of a scope registered themselves. Every other HEAD request is answered by the GET route
 * of its path: Node sends no body in answer to HEAD. That costs nothing, unlike a second route for each GET route.
 */
export class HeadRoutes {
  readonly #patterns: (readonly string[])[] = []

  /** A route pattern as Fastify has it: `/notes/v1/files/:id`, `/notes/v1/raw/*`. */
  add(pattern: string): void {
    this.#patterns.push(segmentsOf(pattern))
  }

  has(url: string): boolean {
    if (this.#patterns.length === 0) return false
    const segments = segmentsOf(url.split(/[?#]/, 1)[0] ?? '')
    return this.#patterns.some((pattern) => matches(pattern, segments))
  }
}

/** As the router has it: a slash at the end counts for nothing. */
function segmentsOf(path: string): readonly string[] {
  return (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path).split('/')
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i]
    if (part === '*') return segment !== undefined
    if (segment === undefined) return part.startsWith(':') && part.endsWith('?') && i === pattern.length - 1
    if (part.includes(':') ? segment === '' : part !== segment) return false
  }
  return segments.length === pattern.length
}
