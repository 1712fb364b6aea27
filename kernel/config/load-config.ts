import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { closest, distance } from 'fastest-levenshtein'
import { describeFaults, type Fault, M3Error, messageOf } from '../errors.js'
import type { Config } from './config.js'
import { type GivenMqtt, mqttConfig, mqttFaults } from './mqtt.js'
import { configSchema } from './schema.js'

/** Editors on Windows put it before the text, and JSON has no room for it. */
const BYTE_ORDER_MARK = /^\uFEFF/

/** The environment variables that are read, all of them. */
export interface Environment {
  readonly CONFIG_FILE?: string | undefined
  readonly HOST?: string | undefined
  readonly PORT?: string | undefined
}

/**
 * The configuration of an app root: the file that CONFIG_FILE names, else `config.json` if it is there, else the
 * embedded defaults. Throws CONFIG_INVALID with the file and every fault; no value of the file is repeated in it.
 */
export async function loadConfig(root: string, environment: Environment): Promise<Config> {
  const named = environment.CONFIG_FILE
  const file = named ? path.resolve(root, named) : path.join(root, 'config.json')
  const source = (await readSource(file, Boolean(named)))?.replace(BYTE_ORDER_MARK, '')
  return parseConfig(source === undefined ? {} : parseJson(file, source), environment, file)
}

async function readSource(file: string, mustExist: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && !mustExist) return undefined
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new M3Error('CONFIG_INVALID', `The configuration file ${file} is not usable: ${reason}`, { cause: error })
  }
}

function parseJson(file: string, source: string): unknown {
  try {
    return JSON.parse(source)
  } catch (error) {
    throw new M3Error('CONFIG_INVALID', `The configuration file ${file} is not JSON: ${placeOf(error, source)}`)
  }
}

/** Where the JSON breaks off, without the text around it: it may be a password. */
function placeOf(error: unknown, source: string): string {
  const position = positionOf(messageOf(error), source)
  const before = source.slice(0, position).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

function positionOf(message: string, source: string): number {
  const named = /at position (\d+)/.exec(message)?.[1]
  if (named !== undefined) return Number(named)
  if (!message.startsWith('Unexpected token')) return source.length
  // V8 shows the text around an unexpected token instead of its position. The shortest beginning of the file
  // that fails in that way ends with it; any shorter one fails for ending too soon.
  let fine = 0
  let broken = source.length
  while (broken - fine > 1) {
    const middle = Math.floor((fine + broken) / 2)
    if (hasUnexpectedToken(source.slice(0, middle))) broken = middle
    else fine = middle
  }
  return fine
}

function hasUnexpectedToken(source: string): boolean {
  try {
    JSON.parse(source)
    return false
  } catch (error) {
    return messageOf(error).startsWith('Unexpected token')
  }
}

/** Validates the parsed file, applies PORT and HOST, and freezes the result. `file` is named in the message only. */
export function parseConfig(given: unknown, environment: Environment, file: string): Config {
  const config = structuredClone(given) as Record<string, unknown>
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true, verbose: true })
  const validate = ajv.compile(configSchema)
  const own = validate(config) ? [] : collectFaults(validate.errors ?? [])
  own.push(...meaningFaults(config, given))
  const faults = [...own, ...applyEnvironment(config, environment)]
  if (faults.length > 0) {
    const place = own.length > 0 ? `configuration file ${file}` : 'environment'
    const message = `The ${place} is not valid:\n${describeFaults(faults)}`
    throw new M3Error('CONFIG_INVALID', message, { faults })
  }
  const valid = config as unknown as Omit<Config, 'mqtt'> & { readonly mqtt: GivenMqtt }
  return deepFreeze({
    ...valid,
    sub_directory: valid.sub_directory.replace(/^\/|\/$/g, ''),
    mqtt: mqttConfig(valid.mqtt, valid.tenants.database !== undefined),
  })
}

function collectFaults(errors: readonly ErrorObject[]): Fault[] {
  // One fault a place: `anyOf` reports each of its branches and then itself, which says it best.
  const faults = new Map<string, Fault>()
  for (const error of errors) {
    const fault = toFault(error)
    if (!faults.has(fault.path) || error.keyword === 'anyOf') faults.set(fault.path, fault)
  }
  return [...faults.values()]
}

function toFault(error: ErrorObject): Fault {
  const place = `$${error.instancePath.replace(/\/([^/]+)/g, (_all, key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`))}`
  const { params } = error
  switch (error.keyword) {
    case 'additionalProperties':
      return { path: `${place}.${params.additionalProperty}`, message: unknownKey(error) }
    case 'required':
      return { path: `${place}.${params.missingProperty}`, message: 'is missing' }
    case 'type':
      return { path: place, message: `must be ${article(String(params.type))}` }
    case 'enum':
      return { path: place, message: `must be one of ${params.allowedValues.join(', ')}` }
    case 'anyOf':
      return { path: place, message: 'must be a port: a number or a string of digits, 1 to 65535' }
    case 'pattern':
      return { path: place, message: String(error.parentSchema?.description ?? 'is not valid') }
    case 'minLength':
      return {
        path: place,
        message: params.limit === 1 ? 'must not be empty' : `must have at least ${params.limit} characters`,
      }
    default:
      return { path: place, message: error.message ?? 'is not valid' }
  }
}

function article(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}

function unknownKey(error: ErrorObject): string {
  const known = knownKeysAt(error.instancePath)
  const given = String(error.params.additionalProperty).toLowerCase()
  const lowered = known.map((key) => key.toLowerCase())
  const nearest = known[lowered.indexOf(closest(given, lowered))] ?? ''
  // Half of the letters right is a slip of the pen; less is another word.
  const isSlip = distance(given, nearest.toLowerCase()) <= Math.max(2, nearest.length / 2)
  return `is not a known key; ${isSlip ? `did you mean ${nearest}?` : `known are ${known.join(', ')}`}`
}

function knownKeysAt(instancePath: string): string[] {
  let schema: { properties?: Record<string, object> } = configSchema
  for (const key of instancePath.split('/').slice(1)) schema = schema.properties?.[key] ?? {}
  return Object.keys(schema.properties ?? {})
}

function applyEnvironment(config: Record<string, unknown>, { HOST, PORT }: Environment): Fault[] {
  const http = config?.http as { host?: string; port?: number } | undefined
  if (typeof http !== 'object' || http === null) return []
  if (HOST) http.host = HOST
  if (!PORT) return []
  if (!/^\d{1,5}$/.test(PORT) || Number(PORT) > 65_535) {
    return [{ path: 'PORT (environment)', message: 'must be a port: 0 to 65535' }]
  }
  http.port = Number(PORT)
  return []
}

/** What a schema cannot say. */
function meaningFaults(config: Record<string, unknown>, given: unknown): Fault[] {
  const { timeZone } = config ?? {}
  const isGiven = typeof timeZone === 'string' && timeZone !== ''
  const isWrong = isGiven && !isTimeZone(timeZone)
  return [
    ...(isWrong ? [{ path: '$.timeZone', message: 'is no IANA time zone, such as Europe/Berlin' }] : []),
    ...mqttFaults((given as { mqtt?: unknown } | null)?.mqtt),
  ]
}

/** A name that this Node knows. Offsets, which later ones take as well, have no daylight saving and are no names. */
function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) {
    if (typeof child === 'object' && child !== null) deepFreeze(child)
  }
  return Object.freeze(value)
}
