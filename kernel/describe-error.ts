import { messageOf } from './errors.js'

/** MySQL's errors whose message quotes a value, or a piece of a statement that may hold one. */
const QUOTES_VALUES = /^ER_(?:DUP_ENTRY|PARSE_ERROR|(?:TRUNCATED_)?WRONG_VALUE|ILLEGAL_VALUE|DATA_OUT_OF_RANGE)/
const MOST_CAUSES = 5

export interface ErrorDescription {
  readonly type: string
  readonly message: string
  readonly stack?: string | undefined
  readonly code?: string
  readonly faults?: unknown
  readonly cause?: ErrorDescription
}

/**
 * What is logged of an error, and the `err` serializer of every log. Errors of the database carry their statement with
 * the values bound to it: nothing but what is named here is taken, and no value that MySQL quotes in its message.
 */
export function describeError(error: unknown): ErrorDescription {
  return describe(error, MOST_CAUSES)
}

function describe(error: unknown, causes: number): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: messageOf(error) }
  // What Sequelize throws has the driver's error as its parent.
  const { code, parent } = error as { code?: unknown; parent?: { code?: unknown } }
  const known = code ?? parent?.code
  const quotes = typeof known === 'string' && QUOTES_VALUES.test(known)
  const message = quotes ? error.message.replace(/'.*'/s, "'…'") : error.message
  return {
    type: error.name,
    message,
    stack: quotes ? error.stack?.replaceAll(error.message, message) : error.stack,
    ...(typeof known === 'string' ? { code: known } : {}),
    ...('faults' in error ? { faults: error.faults } : {}),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describe(error.cause, causes - 1) }),
  }
}
