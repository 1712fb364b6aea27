import type { FastifyRequest } from 'fastify'
import type { Fault } from '../../errors.js'
import { refuseFaultyQuery } from './query-faults.js'

/** What a route can be asked for, each with its rule, which goes on from "must be". `parse` gives undefined for a wrong value. */
export type QueryRules = Readonly<Record<string, { readonly rule: string; readonly parse: (text: string) => unknown }>>

export type Query<Rules extends QueryRules> = {
  readonly [Name in keyof Rules]?: NonNullable<ReturnType<Rules[Name]['parse']>>
}

/** Throws VALIDATION_FAILED with every fault, parameters that the route does not know among them. */
export function queryOf<Rules extends QueryRules>(request: Pick<FastifyRequest, 'query'>, rules: Rules): Query<Rules> {
  const faults: Fault[] = []
  const read: Record<string, unknown> = {}
  const known = Object.keys(rules)
  for (const [name, value] of Object.entries(request.query as Readonly<Record<string, unknown>>)) {
    const parameter = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (parameter === undefined) {
      const choice = known.length === 0 ? 'none is' : `known are ${known.join(', ')}`
      faults.push({ path: name, message: `is not known; ${choice}` })
      continue
    }
    const parsed = typeof value === 'string' ? parameter.parse(value) : undefined
    if (parsed === undefined) faults.push({ path: name, message: `must be ${parameter.rule}` })
    else read[name] = parsed
  }
  refuseFaultyQuery(faults)
  return read as Query<Rules>
}

export const TRUE_OR_FALSE = {
  rule: 'true or false',
  parse: (text: string): boolean | undefined => ({ true: true, false: false })[text],
} as const
