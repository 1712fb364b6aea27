import type { IncomingMessage } from 'node:http'
import { M3Error } from '../errors.js'
import { compareFullVersions, type FullVersion, formatModuleVersion, parseFullVersion } from '../names.js'
import { versionOf } from './exchange.js'

interface Variant<Handler> {
  readonly since: FullVersion
  handler: Handler
}

/** The variants of one route, newest first. */
class VariantStore<Handler> {
  readonly #variants: Variant<Handler>[] = []

  /**
   * find-my-way asks with the constraint's text while it builds the store, and means that variant; with the version
   * of a request while it routes, and gets the newest variant that is not newer.
   */
  get(key: string | FullVersion): Handler | null {
    const asked = typeof key === 'string' ? versionFrom(key) : key
    for (const { since, handler } of this.#variants) {
      const difference = compareFullVersions(since, asked)
      if (difference === 0 || (difference < 0 && typeof key !== 'string')) return handler
    }
    return null
  }

  set(key: string, handler: Handler): void {
    const since = versionFrom(key)
    const known = this.#variants.find((variant) => compareFullVersions(variant.since, since) === 0)
    if (known) known.handler = handler
    else this.#variants.push({ since, handler })
    this.#variants.sort((a, b) => compareFullVersions(b.since, a.since))
  }
}

/**
 * The constraint `since`: the router picks the newest variant of a route that is not newer than what the client asked
 * for. A route without it is the variant since the beginning, and answers what is older than every other.
 */
export const sinceConstraint = {
  name: 'since',
  storage: <Handler>(): VariantStore<Handler> => new VariantStore<Handler>(),
  deriveConstraint: (request: IncomingMessage): FullVersion => versionOf(request),
}

/**
 * The constraints of a route of `module@v<major>` in the form the router takes: `since` without zeros at its end, and
 * without what is the beginning anyway, so that two spellings of one version are the same route. Throws MODULE_INVALID.
 */
export function normalizeConstraints(
  module: { readonly name: string; readonly version: number },
  route: { readonly url: string; readonly constraints?: Readonly<Record<string, unknown>> | undefined },
): Record<string, unknown> {
  const { since, ...others } = route.constraints ?? {}
  if (since === undefined) return others
  const name = formatModuleVersion(module.name, module.version)
  const place = `${name}: the route ${route.url} has the constraint since: ${JSON.stringify(since)}`
  const version = typeof since === 'string' ? parseFullVersion(since) : undefined
  if (!version) throw new M3Error('MODULE_INVALID', `${place}, which is no version such as '${module.version}.1'`)
  if (version.parts[0] !== module.version) {
    throw new M3Error('MODULE_INVALID', `${place}, which no request to v${module.version} reaches`)
  }
  const parts = [...version.parts]
  while (parts.at(-1) === 0) parts.pop()
  return parts.length === 1 ? others : { ...others, since: parts.join('.') }
}

function versionFrom(text: string): FullVersion {
  const version = parseFullVersion(text)
  if (!version) throw new M3Error('MODULE_INVALID', `${JSON.stringify(text)} is no version such as '1.1'`)
  return version
}
