const NAMED = new Set(['properties', 'dependencies', 'dependentSchemas', 'dependentRequired'])
const NESTED = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'])

/**
 * The schema of a request's headers with their names in lower case, as Node gives them. Fastify does this itself, but
 * not for a validator compiler that is not its own.
 */
export function lowerCaseHeaders(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(lowerCaseHeaders)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'required') return [key, lowerCaseNames(value)]
      if (NESTED.has(key)) return [key, lowerCaseHeaders(value)]
      if (!NAMED.has(key) || typeof value !== 'object' || value === null) return [key, value]
      const entries = Object.entries(value as object).map(([name, each]) => [
        name.toLowerCase(),
        isNames(each) ? lowerCaseNames(each) : lowerCaseHeaders(each),
      ])
      return [key, Object.fromEntries(entries)]
    }),
  )
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function lowerCaseNames(value: unknown): unknown {
  return isNames(value) ? value.map((name) => name.toLowerCase()) : value
}
