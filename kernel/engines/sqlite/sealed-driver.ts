import { createRequire } from 'node:module'
import type { SqliteModule } from '@photostructure/sqlite'

const require = createRequire(import.meta.url)
const NAME = '@photostructure/sqlite'

/**
 * Takes the driver out of reach of whatever is loaded into this thread afterwards: it opens any file, whatever the thread
 * itself may read. What comes later and imports it is given a package whose classes refuse. Loading the native library
 * anew is for the caller to prevent.
 */
export function takeSqliteDriver(): SqliteModule {
  const taken = require(NAME) as SqliteModule & { default: Record<string, unknown> }
  const driver = { ...taken }
  const loaded = require.cache[require.resolve(NAME)]
  if (loaded) loaded.exports = {}
  const { default: native } = taken
  for (const name of Object.keys(native)) {
    if (typeof native[name] === 'function') native[name] = refuse
  }
  // An object that was made by the driver must not lead back to its class.
  for (const made of [driver.DatabaseSync, driver.StatementSync] as { prototype: object }[]) {
    Object.defineProperty(made.prototype, 'constructor', { value: Object })
  }
  return driver
}

function refuse(): never {
  throw new Error('A job has no database but its own: use sql, table or view')
}
