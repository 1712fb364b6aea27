import { M3Error } from '../errors.js'

export type SchemasById = Readonly<Record<string, object>>

const NONE: SchemasById = Object.freeze({})

/**
 * The schemas that `app.addSchema` gave to one scope. Unlike Fastify's own it copies no schema, and gives out the same
 * object until another one is added, so that compiled functions are found again by identity.
 */
export class SchemaBucket {
  #schemas: SchemasById

  constructor(inherited: SchemasById = NONE) {
    this.#schemas = inherited
  }

  add(schema: unknown): void {
    const id = typeof schema === 'object' && schema !== null && '$id' in schema ? schema.$id : undefined
    if (typeof id !== 'string' || id === '') {
      throw new M3Error('MODULE_INVALID', 'A schema given to app.addSchema needs an $id')
    }
    if (Object.hasOwn(this.#schemas, id)) {
      throw new M3Error('MODULE_INVALID', `There is a schema with the $id ${JSON.stringify(id)} already`)
    }
    this.#schemas = Object.freeze({ ...this.#schemas, [id]: schema as object })
  }

  getSchema(id: string): unknown {
    return Object.hasOwn(this.#schemas, id) ? this.#schemas[id] : undefined
  }

  getSchemas(): SchemasById {
    return this.#schemas
  }
}
