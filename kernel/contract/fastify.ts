import type { FullVersion } from '../names.js'

/** Says that a route, or this variant of it, exists only since a sub-version: `constraints: { since: '1.1' }`. */
export interface SinceConstraint {
  readonly since?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the client wrote behind the `v`: `1`, `1.4` or `1.0.1`. */
    readonly fullVersion: FullVersion
  }

  interface RouteConstraint extends SinceConstraint {}
}
