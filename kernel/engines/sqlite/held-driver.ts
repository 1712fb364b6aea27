import type { DatabaseSyncInstance, SqliteModule, StatementSyncInstance } from '@photostructure/sqlite'
import type { WithinNative } from '../contract.js'

const STATEMENT_METHODS = ['run', 'get', 'all', 'columns', 'setReadBigInts', 'setReturnArrays'] as const

/**
 * The driver with each of its calls within `within`. It ends the whole process if its thread is terminated while a call
 * runs: what it then throws in C++ nobody catches.
 */
export function holdDriver(driver: SqliteModule, within: WithinNative): SqliteModule {
  class HeldDatabase extends driver.DatabaseSync {
    constructor(...given: ConstructorParameters<SqliteModule['DatabaseSync']>) {
      within.enter()
      try {
        super(...given)
      } finally {
        within.leave()
      }
    }
  }
  const held = HeldDatabase.prototype as unknown as Record<string, unknown>
  const native = driver.DatabaseSync.prototype as DatabaseSyncInstance
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(native))) {
    const { value, get } = property
    if (name === 'constructor') continue
    if (typeof value === 'function') {
      const call = name === 'prepare' ? holdStatements(value, within) : value
      Object.defineProperty(held, name, { value: inside(call, within) })
    } else if (get) {
      Object.defineProperty(held, name, { get: inside(get, within) })
    }
  }
  return { ...driver, DatabaseSync: HeldDatabase as unknown as SqliteModule['DatabaseSync'] }
}

type Call = (this: unknown, ...given: unknown[]) => unknown

function inside(call: Call, within: WithinNative): Call {
  return function (this: unknown, ...given) {
    within.enter()
    try {
      return Reflect.apply(call, this, given)
    } finally {
      within.leave()
    }
  }
}

/** The prototype of statements cannot be changed, so each has its own methods. */
function holdStatements(prepare: Call, within: WithinNative): Call {
  return function (this: unknown, ...given) {
    const statement = Reflect.apply(prepare, this, given) as StatementSyncInstance
    for (const name of STATEMENT_METHODS) {
      Object.defineProperty(statement, name, { value: inside(statement[name] as Call, within) })
    }
    const iterate = inside(statement.iterate as Call, within)
    Object.defineProperty(statement, 'iterate', { value: heldIterate(iterate, within) })
    return statement
  }
}

function heldIterate(iterate: Call, within: WithinNative) {
  return function* (this: unknown, ...given: unknown[]): Generator<unknown> {
    const rows = Reflect.apply(iterate, this, given) as Iterator<unknown>
    const next = inside(rows.next as Call, within)
    try {
      for (;;) {
        const { done, value } = Reflect.apply(next, rows, []) as IteratorResult<unknown>
        if (done) return
        yield value
      }
    } finally {
      const { return: end } = rows
      if (end) Reflect.apply(inside(end as Call, within), rows, [])
    }
  }
}
