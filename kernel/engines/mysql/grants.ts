import { quote } from './identifiers.js'

/** How the rights of an account differ from all rights on one database and nothing else. */
export interface GrantDifference {
  /** The right one is not there, or not in full. */
  readonly missing: boolean
  /** What takes away the others: one REVOKE each, and what it is about. */
  readonly excess: readonly { readonly what: string; readonly sql: string }[]
}

/** A database as GRANT takes it: `_` and `%` are wildcards there, unless a backslash stands before them. */
export function grantTarget(database: string): string {
  return `${quote(database.replace(/[\\_%]/g, '\\$&'))}.*`
}

/**
 * Reads the lines of SHOW GRANTS. What is to be revoked is said in the server's own words, so that every kind of right
 * of either server is covered: global, of a pattern, table, column or routine, PROXY, roles, GRANT OPTION.
 */
export function grantDifference(lines: readonly string[], account: string, database: string): GrantDifference {
  const wanted = grantTarget(database)
  let missing = true
  const excess: { what: string; sql: string }[] = []
  const revoke = (what: string) => excess.push({ what, sql: `REVOKE ${what} FROM ${account}` })
  for (const line of lines) {
    const grant = parseGrant(line)
    if (!grant) continue
    const { rights, on, grantOption } = grant
    if (on === undefined) {
      revoke(rights)
      continue
    }
    if (on === wanted) {
      if (rights === 'ALL PRIVILEGES') missing = false
    } else if (rights !== 'USAGE') {
      revoke(`${rights} ON ${on}`)
    }
    if (grantOption && rights !== 'PROXY') revoke(`GRANT OPTION ON ${on}`)
  }
  return { missing, excess }
}

/** `GRANT rights ON target TO …`; a role has no target. Other lines, such as SET DEFAULT ROLE, are undefined. */
function parseGrant(line: string): { rights: string; on: string | undefined; grantOption: boolean } | undefined {
  if (!line.startsWith('GRANT ')) return undefined
  const to = indexOutsideQuotes(line, ' TO ')
  if (to === -1) return undefined
  const head = line.slice('GRANT '.length, to)
  const on = indexOutsideQuotes(head, ' ON ')
  return {
    rights: on === -1 ? head : head.slice(0, on),
    on: on === -1 ? undefined : head.slice(on + ' ON '.length),
    grantOption: indexOutsideQuotes(line.slice(to), 'GRANT OPTION') !== -1,
  }
}

/** A name between quotes may hold anything, ` TO ` included. A doubled quote closes and opens again. */
function indexOutsideQuotes(text: string, wanted: string): number {
  let quoted: string | undefined
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (quoted !== undefined) {
      if (character === quoted) quoted = undefined
    } else if (text.startsWith(wanted, i)) {
      return i
    } else if (character === '`' || character === "'" || character === '"') {
      quoted = character
    }
  }
  return -1
}
