/**
 * The names of the product, parsed and formatted in one place: tenant ids, module versions (`test@v1`), the full
 * version a client writes (`1.0.1`) and database identifiers.
 */

/** A positive integer that fits an unsigned 32-bit column. */
export type TenantId = number

/** `<module>@v<major>`, e.g. `notes@v2`. */
export type ModuleVersionName = `${string}@v${number}`

export interface ModuleVersion {
  readonly name: string
  readonly version: number
}

/** What a client wrote behind the `v`: `1`, `1.4` or `1.0.1`. `parts[0]` is the major version. */
export interface FullVersion {
  readonly text: string
  readonly parts: readonly number[]
}

const MAX_ID = 4_294_967_295
const INTEGER = /^(?:0|[1-9][0-9]{0,9})$/
const POSITIVE = /^[1-9][0-9]{0,9}$/
const MODULE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const MODULE_VERSION = /^(.+)@v([1-9][0-9]{0,8})$/

/** https://dev.mysql.com/doc/refman/8.0/en/user-names.html */
const MAX_USER_LENGTH = 32
/** Of a database in MySQL's grant tables, where a backslash stands before each `_`. */
const MAX_GRANT_LENGTH = 64
const SYSTEM_DATABASES = ['mysql', 'information_schema', 'performance_schema', 'sys']
/** `mysql` is an account of its own on Debian's MariaDB, `public` is everybody. */
const SYSTEM_USERS = ['root', 'mysql', 'public']

/** What no tenant may be named, in lower case: the databases and users of the system, the catalog and its user. */
export interface ReservedNames {
  readonly databases: ReadonlySet<string>
  readonly users: ReadonlySet<string>
}

export function parseTenantId(text: string): TenantId | undefined {
  if (!POSITIVE.test(text)) return undefined
  const id = Number(text)
  return id <= MAX_ID ? id : undefined
}

export function isTenantId(value: unknown): value is TenantId {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_ID
}

const ROOMS = new Set(['migrate', 'cron', 'backups'])

/** Goes on from "must be" and "the name of a module is". */
export const MODULE_NAME_RULE =
  'a letter, then letters, digits, _ or -, at most 64, and not "migrate", "cron" or "backups"'

/** Module names stand in URLs and folder names. Three are taken: `/{tenant}/migrate`, `/{tenant}/cron` and `/{tenant}/backups` are ops routes. */
export function isModuleName(text: string): boolean {
  return MODULE_NAME.test(text) && !ROOMS.has(text)
}

/** A name for a database or a user that needs no quoting on any engine: a letter, then letters, digits, `_`; 64 at most. */
export function isDatabaseIdentifier(text: string): boolean {
  return IDENTIFIER.test(text)
}

export function reservedNames(catalogs: readonly string[], roots: readonly string[]): ReservedNames {
  const lower = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()))
  return { databases: lower([...SYSTEM_DATABASES, ...catalogs]), users: lower([...SYSTEM_USERS, ...roots]) }
}

/** Why a tenant cannot have this name, which is its database's on every engine; undefined if it can. */
export function tenantNameFault(name: unknown, reserved: ReservedNames): string | undefined {
  if (typeof name !== 'string' || !isDatabaseIdentifier(name)) {
    return 'must be a letter, then letters, digits or _, at most 64: it becomes the name of the database'
  }
  if (reserved.databases.has(name.toLowerCase())) return `${name} is a database of the system or the catalog itself`
  return name.replaceAll('_', '\\_').length > MAX_GRANT_LENGTH
    ? `must have at most ${MAX_GRANT_LENGTH} characters, each _ counted twice as MySQL does in its grants`
    : undefined
}

/** Why a tenant cannot have this database user; undefined if it can. */
export function tenantUserFault(user: unknown, reserved: ReservedNames): string | undefined {
  if (typeof user !== 'string' || !isDatabaseIdentifier(user) || user.length > MAX_USER_LENGTH) {
    return `must be a letter, then letters, digits or _, at most ${MAX_USER_LENGTH}: it becomes a database user`
  }
  return reserved.users.has(user.toLowerCase())
    ? `${user} is a user of the database system, not of a tenant`
    : undefined
}

export function formatModuleVersion(name: string, version: number): ModuleVersionName {
  return `${name}@v${version}`
}

export function parseModuleVersion(text: string): ModuleVersion | undefined {
  const match = MODULE_VERSION.exec(text)
  if (!match || !isModuleName(match[1] as string)) return undefined
  return { name: match[1] as string, version: Number(match[2]) }
}

/** `v12` → 12. Anything that is not exactly `v` and a positive integer without a leading zero is undefined. */
export function parseVersionFolder(folder: string): number | undefined {
  return /^v[1-9][0-9]{0,8}$/.test(folder) ? Number(folder.slice(1)) : undefined
}

/** `1.0.1` → its parts. The major is positive; no part has a leading zero, ten digits at most, 16 parts at most. */
export function parseFullVersion(text: string): FullVersion | undefined {
  if (text.length > 64) return undefined
  const fields = text.split('.')
  if (fields.length > 16 || !fields.every((field) => INTEGER.test(field)) || fields[0] === '0') return undefined
  return { text, parts: fields.map(Number) }
}

/** Number by number, a missing part counting as 0: `1.10` > `1.9`, `1` = `1.0`. Negative, zero or positive. */
export function compareFullVersions(a: FullVersion, b: FullVersion): number {
  const length = Math.max(a.parts.length, b.parts.length)
  for (let i = 0; i < length; i++) {
    const difference = (a.parts[i] ?? 0) - (b.parts[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
