import type { Op as SequelizeOperators } from 'sequelize'

/** The operators of Sequelize that every engine knows. */
const NAMES = [
  'eq',
  'ne',
  'gt',
  'gte',
  'lt',
  'lte',
  'is',
  'not',
  'in',
  'notIn',
  'between',
  'notBetween',
  'like',
  'notLike',
  'startsWith',
  'endsWith',
  'substring',
  'and',
  'or',
  'col',
] as const

/**
 * For `where`: `{ expires_at: { [Op.lt]: new Date() } }`. They are registered symbols, the same as Sequelize's own; so a
 * module needs no dependency of its own, and the library, slow to load, is loaded at the first query and not before.
 */
export const Op: Pick<typeof SequelizeOperators, (typeof NAMES)[number]> = Object.freeze(
  Object.fromEntries(NAMES.map((name) => [name, Symbol.for(name)])),
) as never
