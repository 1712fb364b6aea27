import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { Ajv, type AnySchema, type Options, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { FastifyServerOptions } from 'fastify'
import { LRUCache } from 'lru-cache'
import { lowerCaseHeaders } from './header-schema.js'
import { SchemaBucket, type SchemasById } from './schema-bucket.js'
import { SchemaMemo } from './schema-memo.js'

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>
type Factories = NonNullable<SchemaController['compilersFactory']>
type BuildSerializer = NonNullable<Factories['buildSerializer']>
type Serializer = ReturnType<ReturnType<BuildSerializer>>

/** Sets of schemas that modules gave to `addSchema`: one a module version, so this many are never in use at once. */
const MOST_SETS = 500

/** Every error is reported, not the first alone; what a schema does not know is refused, never silently dropped. */
const STRICT: Options = {
  allErrors: true,
  useDefaults: true,
  removeAdditional: false,
  coerceTypes: false,
  allowUnionTypes: true,
  strictTypes: false,
  strictTuples: false,
}
/** Text becomes what the schema asks for: in a URL, a header and a form there is nothing but text. */
const COERCING: Options = { ...STRICT, coerceTypes: 'array' }

/**
 * One validator and one serializer compiler for all tenants. What they compile is shared by every scope that uses the
 * same schema, with the same schemas to refer to.
 */
export function sharedCompilers(): SchemaController {
  const bySchemas = new WeakMap<object, Compilers>()
  const byText = new LRUCache<string, Compilers>({ max: MOST_SETS })
  const serializers = SerializerSelector()

  function compilersFor(given: unknown): Compilers {
    const schemas = given as SchemasById
    const known = bySchemas.get(schemas)
    if (known) return known
    const text = JSON.stringify(schemas)
    const compilers = byText.get(text) ?? new Compilers(schemas, serializers)
    byText.set(text, compilers)
    bySchemas.set(schemas, compilers)
    return compilers
  }

  return {
    bucket: (inherited) => new SchemaBucket(inherited as SchemasById | undefined) as never,
    compilersFactory: {
      buildValidator: ((schemas: unknown) => compilersFor(schemas).validator) as never,
      buildSerializer: ((schemas: unknown) => compilersFor(schemas).serializer) as never,
    },
  }
}

interface Compilation {
  readonly schema: unknown
  readonly httpPart?: string
}

/** The compilers for what may refer to one set of schemas. */
class Compilers {
  readonly #schemas: SchemasById
  readonly #serialize: ReturnType<BuildSerializer>
  readonly #bodies = new SchemaMemo<ValidateFunction>()
  readonly #headers = new SchemaMemo<ValidateFunction>()
  readonly #others = new SchemaMemo<ValidateFunction>()
  readonly #serializers = new SchemaMemo<Serializer>()
  #strict: Ajv | undefined
  #coercing: Ajv | undefined

  constructor(schemas: SchemasById, serializers: BuildSerializer) {
    this.#schemas = schemas
    this.#serialize = serializers({ ...schemas }, {})
  }

  readonly validator = ({ schema, httpPart }: Compilation): ValidateFunction => {
    switch (httpPart) {
      case 'body':
        return this.#bodies.get(schema, () => this.#body(schema))
      case 'headers':
        return this.#headers.get(schema, () => this.#coerce(lowerCaseHeaders(schema)))
      default:
        return this.#others.get(schema, () => this.#coerce(schema))
    }
  }

  readonly serializer = (compilation: Compilation): Serializer =>
    this.#serializers.get(compilation.schema, () => this.#serialize(compilation as never))

  /** JSON has types, and null is not the empty string. A form has text alone; its parser makes objects without prototype. */
  #body(schema: unknown): ValidateFunction {
    this.#strict ??= this.#ajv(STRICT)
    const typed = compile(this.#strict, schema)
    let coercing: ValidateFunction | undefined
    const validate = (body: unknown) => {
      coercing ??= isForm(body) ? this.#coerce(schema) : undefined
      const chosen = coercing && isForm(body) ? coercing : typed
      const result = chosen(body)
      validate.errors = chosen.errors
      return result
    }
    validate.errors = undefined as ValidateFunction['errors']
    return validate as ValidateFunction
  }

  #coerce(schema: unknown): ValidateFunction {
    this.#coercing ??= this.#ajv(COERCING)
    return compile(this.#coercing, schema)
  }

  #ajv(options: Options): Ajv {
    const ajv = new Ajv(options)
    formats.default(ajv)
    for (const schema of Object.values(this.#schemas)) ajv.addSchema(schema)
    return ajv
  }
}

function compile(ajv: Ajv, schema: unknown): ValidateFunction {
  const id = typeof schema === 'object' && schema !== null && '$id' in schema ? schema.$id : undefined
  const added = typeof id === 'string' ? ajv.getSchema(id) : undefined
  if (added) return added
  const validate = ajv.compile(schema as AnySchema)
  // Ajv would keep every schema that it ever compiled; what may be needed again is remembered elsewhere, and bounded.
  if (typeof schema === 'object' && schema !== null) ajv.removeSchema(schema as object)
  return validate
}

function isForm(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === null
}
