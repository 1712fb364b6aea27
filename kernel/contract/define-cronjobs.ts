import { closest, distance } from 'fastest-levenshtein'
import { type Fault, M3Error } from '../errors.js'
import type { JobContext } from './context.js'
import { type Repeat, type Schedule, scheduleFaults, scheduleOf } from './schedule.js'

const CRONJOBS = Symbol.for('m3saas.cronjobs')

/** A job as its author writes it. */
export interface JobDeclaration {
  /** The unit of the interval; `day` unless it is given. */
  readonly repeat?: Repeat
  /** How many of these units lie between two runs, 1 to 100,000; 1 unless it is given. */
  readonly every?: number
  /** Of the month, 1 to 31, with `month` and `year`; beyond the end of a month it is the month's last day. */
  readonly day?: number
  /** 1 to 12, with `year`; without a `day` it is the month's first. */
  readonly month?: number
  /** A run is ended after so many seconds, a day at most; the configuration's `cron.timeoutSeconds` unless it is given. */
  readonly timeoutSeconds?: number
  /** A run is ended when it takes more, 16 to 65,536; the configuration's `cron.memoryMegabytes` unless it is given. */
  readonly memoryMegabytes?: number
  /** The work. It runs in a thread of its own that has the tenant's connection and nothing else. */
  readonly run: (context: JobContext) => unknown
}

/** A job that is declared well. */
export interface JobDefinition {
  /** Unique in the module version. */
  readonly name: string
  readonly schedule: Schedule
  readonly timeoutSeconds?: number
  readonly memoryMegabytes?: number
  readonly run: (context: JobContext) => unknown
}

/** The jobs of a module version: those that are declared well, and what is wrong with the others. */
export interface CronjobsDefinition {
  readonly jobs: readonly JobDefinition[]
  /** `path` is the name of the job. A faulty job is left out; the others of its module go on. */
  readonly faults: readonly Fault[]
}

const KNOWN = ['repeat', 'every', 'day', 'month', 'timeoutSeconds', 'memoryMegabytes', 'run'] as const
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

const MOST_SECONDS = 86_400
const [LEAST_MEGABYTES, MOST_MEGABYTES] = [16, 65_536]

/** Keys as authors may have written them, with any value. */
type Given = Readonly<Partial<Record<(typeof KNOWN)[number], unknown>>>

/**
 * Declares the jobs of a module version by their names. A faulty one is left out and told of in `faults`.
 * Throws MODULE_INVALID if what is given is no object of jobs at all.
 */
export function defineCronjobs(jobs: Readonly<Record<string, JobDeclaration>>): CronjobsDefinition {
  if (!isObject(jobs)) {
    throw new M3Error('MODULE_INVALID', 'defineCronjobs takes an object of jobs: { purge: { run() { … } } }')
  }
  const sound = new Map<string, JobDefinition>()
  const faults: Fault[] = []
  for (const [name, given] of Object.entries(jobs)) {
    const messages = [...nameFaults(name, sound), ...jobFaults(given)]
    faults.push(...messages.map((message) => Object.freeze({ path: name, message })))
    if (messages.length === 0) sound.set(name.toLowerCase(), definitionOf(name, given))
  }
  return Object.freeze({ [CRONJOBS]: true, jobs: Object.freeze([...sound.values()]), faults: Object.freeze(faults) })
}

export function isCronjobs(value: unknown): value is CronjobsDefinition {
  return typeof value === 'object' && value !== null && CRONJOBS in value
}

function definitionOf(name: string, { timeoutSeconds, memoryMegabytes, run, ...schedule }: JobDeclaration) {
  return Object.freeze({
    name,
    schedule: scheduleOf(schedule),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(memoryMegabytes === undefined ? {} : { memoryMegabytes }),
    run,
  })
}

/** `sound` holds the jobs before it, by their names in lower case. */
function nameFaults(name: string, sound: ReadonlyMap<string, JobDefinition>): string[] {
  if (!NAME.test(name)) return ['its name must be a letter, then letters, digits, _ or -, at most 64']
  // The history of runs is kept in the tenant's database, which may not tell them apart.
  const twin = sound.get(name.toLowerCase())
  return twin ? [`differs from ${twin.name} in upper and lower case alone: rename one`] : []
}

function jobFaults(given: unknown): string[] {
  if (!isObject(given)) return ["must be an object: { repeat: 'day', run() { … } }"]
  const { timeoutSeconds, memoryMegabytes, run }: Given = given
  const faults = Object.keys(given).flatMap(unknownKey)
  faults.push(...scheduleFaults(given).map(({ path, message }) => `${path} ${message}`))
  if (timeoutSeconds !== undefined && !isBetween(timeoutSeconds, Number.MIN_VALUE, MOST_SECONDS)) {
    faults.push(`timeoutSeconds must be a number above 0, ${MOST_SECONDS} at most`)
  }
  const isWhole = Number.isInteger(memoryMegabytes) && isBetween(memoryMegabytes, LEAST_MEGABYTES, MOST_MEGABYTES)
  if (memoryMegabytes !== undefined && !isWhole) {
    faults.push(`memoryMegabytes must be a whole number from ${LEAST_MEGABYTES} to ${MOST_MEGABYTES}`)
  }
  if (typeof run !== 'function') faults.push(run === undefined ? 'run is missing' : 'run must be a function')
  return faults
}

function unknownKey(key: string): string[] {
  if (KNOWN.some((known) => known === key)) return []
  const nearest = closest(key, [...KNOWN])
  // Half of the letters right is a slip of the pen; less is another word.
  const isSlip = distance(key, nearest) <= Math.max(2, nearest.length / 2)
  return [`${key} is not a known key; ${isSlip ? `did you mean ${nearest}?` : `known are ${KNOWN.join(', ')}`}`]
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
