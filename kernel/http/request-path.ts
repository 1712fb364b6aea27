import { type FullVersion, isModuleName, parseFullVersion, parseTenantId, type TenantId } from '../names.js'

/** A URL that names a module of a tenant: `{sub_directory}/{tenant}/{module}/v{full version}/…`. */
export interface ModulePath {
  readonly tenant: TenantId
  readonly module: string
  readonly version: FullVersion
  /** What the tenant's scope routes on: `/<module>/v<major>/…`, the query string included. */
  readonly url: string
}

const SLASH = 47
const LETTER_V = 118

/** Nearly every request writes the major version alone: no need to parse it each time. */
const plainVersions: ReadonlyMap<string, FullVersion> = new Map(
  Array.from({ length: 32 }, (_, i) => [String(i + 1), Object.freeze({ text: String(i + 1), parts: [i + 1] })]),
)

/**
 * The module path in a URL, or undefined where it names none. Works on the text as it came: nothing is decoded, so a
 * percent-encoded tenant, module or version is none. `prefix` is `''` or `/api/v1`.
 */
export function parseModulePath(url: string, prefix: string): ModulePath | undefined {
  const start = prefix.length
  if (url.charCodeAt(start) !== SLASH || !url.startsWith(prefix)) return undefined
  const tenantEnd = url.indexOf('/', start + 1)
  if (tenantEnd < 0) return undefined
  const moduleEnd = url.indexOf('/', tenantEnd + 1)
  if (moduleEnd < 0 || url.charCodeAt(moduleEnd + 1) !== LETTER_V) return undefined
  const tenant = parseTenantId(url.slice(start + 1, tenantEnd))
  if (tenant === undefined) return undefined
  const module = url.slice(tenantEnd + 1, moduleEnd)
  if (!isModuleName(module)) return undefined
  const versionEnd = segmentEnd(url, moduleEnd + 2)
  const text = url.slice(moduleEnd + 2, versionEnd)
  const version = plainVersions.get(text) ?? parseFullVersion(text)
  if (version === undefined) return undefined
  const cut =
    version.parts.length === 1
      ? url.slice(tenantEnd)
      : `${url.slice(tenantEnd, moduleEnd)}/v${version.parts[0]}${url.slice(versionEnd)}`
  return { tenant, module, version, url: cut }
}

/** The version that a cut URL, `/<module>/v<major>/…`, asks for. */
export function majorOf(cutUrl: string): FullVersion {
  const start = cutUrl.indexOf('/', 1) + 2
  const text = cutUrl.slice(start, segmentEnd(cutUrl, start))
  return parseFullVersion(text) ?? { text: '1', parts: [1] }
}

/**
 * A request line may hold a whole URL (RFC 9112, 3.2.2): its path and query. Anything else is given back as it is;
 * the router refuses what is no path.
 */
export function originForm(url: string): string {
  if (url.charCodeAt(0) === SLASH) return url
  const scheme = /^https?:\/\/[^/?#]*/i.exec(url)
  if (!scheme) return url
  const rest = url.slice(scheme[0].length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** The path of a URL without its query string: that may hold secrets, and belongs in no log. */
export function pathOf(url: string): string {
  const end = pathEnd(url, 0)
  return end < url.length ? url.slice(0, end) : url
}

function segmentEnd(url: string, from: number): number {
  const slash = url.indexOf('/', from)
  const end = slash < 0 ? url.length : slash
  for (let i = from; i < end; i++) if (isPathEnd(url.charCodeAt(i))) return i
  return end
}

function pathEnd(url: string, from: number): number {
  for (let i = from; i < url.length; i++) if (isPathEnd(url.charCodeAt(i))) return i
  return url.length
}

/** `?` or `#`. */
function isPathEnd(code: number): boolean {
  return code === 63 || code === 35
}
