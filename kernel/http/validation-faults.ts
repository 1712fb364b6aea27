import type { Fault } from '../errors.js'

/** As much of an Ajv error as is read here. */
export interface SchemaError {
  readonly keyword: string
  readonly instancePath: string
  readonly schemaPath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string | undefined
}

const MOST_FAULTS = 100
const UNIONS = new Set(['anyOf', 'oneOf'])

/** How a path begins: that of a field of the body is the field's name alone, as it is a column's in most cases. */
const ROOTS: Readonly<Record<string, string>> = { querystring: 'query', params: 'params', headers: 'headers' }

/** What Ajv found wrong with one part of a request, one fault a place. `part` is Fastify's `validationContext`. */
export function validationFaults(errors: readonly SchemaError[], part: string): Fault[] {
  const unions = errors.filter((error) => UNIONS.has(error.keyword)).map((error) => error.schemaPath)
  const messages = new Map<string, Set<string>>()
  for (const error of errors) {
    // What a union says itself is said better by its branches.
    if (UNIONS.has(error.keyword) && errors.some((other) => isBranch(other.schemaPath, error.schemaPath))) continue
    if (error.keyword === 'if') continue
    const path = pathOf(error, part)
    const known = messages.get(path)
    if (known) known.add(messageOf(error))
    else messages.set(path, new Set([messageOf(error)]))
  }
  const faults = [...messages].map(([path, said]) => ({
    path,
    message: [...said].join(unions.length > 0 ? ' or ' : ', '),
  }))
  if (faults.length <= MOST_FAULTS) return faults
  const more = { path: '', message: `and ${faults.length - MOST_FAULTS} more` }
  return [...faults.slice(0, MOST_FAULTS), more]
}

function isBranch(path: string, union: string): boolean {
  return path !== union && path.startsWith(`${union}/`)
}

function pathOf({ keyword, instancePath, params }: SchemaError, part: string): string {
  const keys = instancePath.split('/').slice(1).map(unescapePointer)
  if (keyword === 'required') keys.push(String(params.missingProperty))
  if (keyword === 'additionalProperties') keys.push(String(params.additionalProperty))
  const root = ROOTS[part]
  const path = (root ? [root, ...keys] : keys).reduce(
    (text, key) => (/^\d+$/.test(key) ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )
  return path === '' ? 'body' : path
}

function unescapePointer(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}

function messageOf({ keyword, params, message }: SchemaError): string {
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return 'is not known'
    case 'type':
      return `must be ${[params.type].flat().join(' or ')}`
    case 'enum':
      return `must be one of ${[params.allowedValues].flat().map(String).join(', ')}`
    case 'format':
      return `must be a valid ${params.format}`
    default:
      return message ?? 'is not valid'
  }
}
