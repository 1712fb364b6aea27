import { LRUCache } from 'lru-cache'

const MOST_TEXTS = 5000

/**
 * Remembers what was made of a schema: by the object, which a table's schema is for every tenant, and by its text, since
 * one that stands in a module's `routes` is a new object for each.
 */
export class SchemaMemo<T extends object> {
  readonly #byObject = new WeakMap<object, T>()
  readonly #byText = new LRUCache<string, T>({ max: MOST_TEXTS })

  get(schema: unknown, make: () => T): T {
    const object = typeof schema === 'object' && schema !== null ? schema : undefined
    const known = object && this.#byObject.get(object)
    if (known) return known
    const text = textOf(schema)
    const made = (text === undefined ? undefined : this.#byText.get(text)) ?? make()
    if (text !== undefined) this.#byText.set(text, made)
    if (object) this.#byObject.set(object, made)
    return made
  }
}

/** Undefined where the text would not say it all. */
function textOf(schema: unknown): string | undefined {
  let isPlain = true
  try {
    const text = JSON.stringify(schema, (_key, value) => {
      if (typeof value === 'function' || typeof value === 'symbol' || value instanceof RegExp) isPlain = false
      return value
    })
    return isPlain ? text : undefined
  } catch {
    // A cycle, or a bigint: no JSON Schema, but whoever compiles it has the better message.
    return undefined
  }
}
