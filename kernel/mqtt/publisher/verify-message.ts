import { types } from 'node:util'
import type { MqttConfig } from '../../config/config.js'
import type { ModuleContext } from '../../contract/context.js'
import { M3Error } from '../../errors.js'
import { filterMatches } from '../topic-filter.js'
import type { Message, Qos } from './message.js'

/** MQTT gives the length of a topic two bytes (MQTT 5.0, 1.5.4). */
const LONGEST_TOPIC = 65_535
const WILDCARD = /[#+]/
/** Half of a character, which has no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u
/** A broker may close the connection for them, with all that others send through it (MQTT 5.0, 1.5.4). */
const CONTROL_OR_NONCHARACTER = /[\p{Cc}\p{Noncharacter_Code_Point}]/u
const OPTIONS = ['qos', 'retain', 'shared']

export type MessageRules = Pick<MqttConfig, 'sharedTopics' | 'payloadLimit'>

/**
 * What a module hands to `publish`, as a message; its payload is a copy. Nothing of it can be relied on to have its type.
 * Throws MESSAGE_INVALID.
 */
export function verifyMessage(
  tenant: ModuleContext['tenant'],
  { topic, payload, options }: { readonly topic: unknown; readonly payload: unknown; readonly options: unknown },
  rules: MessageRules,
): Message {
  const { qos, retain, shared } = verifyOptions(options)
  const whole = shared ? verifySharedTopic(topic, rules.sharedTopics) : `${tenant.name}/${verifyTopic(topic)}`
  const topicBytes = Buffer.byteLength(whole)
  if (topicBytes > LONGEST_TOPIC) {
    throw invalid(`The topic ${shown(whole)} has ${topicBytes} bytes; ${LONGEST_TOPIC} are the most`)
  }
  const copy = copyPayload(payload, whole)
  const length = typeof copy === 'string' ? Buffer.byteLength(copy) : copy.length
  if (length > rules.payloadLimit) {
    throw invalid(
      `The payload for ${shown(whole)} has ${length} bytes; mqtt.payloadLimit allows ${rules.payloadLimit} at most`,
    )
  }
  return { tenant, topic: whole, payload: copy, qos, retain, bytes: topicBytes + length }
}

function verifyTopic(topic: unknown): string {
  if (typeof topic !== 'string') throw invalid(`A topic is text, not ${kindOf(topic)}`)
  if (topic === '') throw invalid('The topic is empty')
  const wildcard = WILDCARD.exec(topic)?.[0]
  if (wildcard !== undefined) {
    throw invalid(
      `The topic ${shown(topic)} contains ${wildcard}, which stands for other topics: it is for subscribers`,
    )
  }
  if (topic.includes('\0')) throw invalid(`The topic ${shown(topic)} contains NUL`)
  if (LONE_SURROGATE.test(topic))
    throw invalid(`The topic ${shown(topic)} is not text: half of a character stands alone`)
  if (CONTROL_OR_NONCHARACTER.test(topic)) throw invalid(`The topic ${shown(topic)} contains a control character`)
  return topic
}

function verifySharedTopic(topic: unknown, sharedTopics: readonly string[]): string {
  const verified = verifyTopic(topic)
  if (sharedTopics.some((filter) => filterMatches(filter, verified))) return verified
  const allowed = sharedTopics.length === 0 ? 'none is configured' : `mqtt.sharedTopics has ${sharedTopics.join(', ')}`
  throw invalid(`The topic ${shown(verified)} is not shared: ${allowed}`)
}

/** The caller may go on writing into its bytes. */
function copyPayload(payload: unknown, topic: string): string | Buffer {
  if (typeof payload === 'string') return payload
  if (types.isUint8Array(payload)) return Buffer.from(payload)
  const hint = typeof payload === 'object' && payload !== null ? ': JSON.stringify makes text of it' : ''
  throw invalid(`The payload for ${shown(topic)} is text or a Uint8Array, not ${kindOf(payload)}${hint}`)
}

interface VerifiedOptions {
  readonly qos: Qos
  readonly retain: boolean
  readonly shared: boolean
}

const DEFAULTS: VerifiedOptions = { qos: 0, retain: false, shared: false }

function verifyOptions(options: unknown): VerifiedOptions {
  if (options === undefined) return DEFAULTS
  if (typeof options !== 'object' || options === null) {
    throw invalid(`The options of a message are an object, not ${kindOf(options)}`)
  }
  // A setter or a getter of the caller's gives its value once.
  const given: Readonly<Record<string, unknown>> = { ...options }
  const unknown = Object.keys(given).find((name) => !OPTIONS.includes(name))
  if (unknown !== undefined) throw invalid(`A message has no option ${shown(unknown)}, but ${OPTIONS.join(', ')}`)
  const { qos = DEFAULTS.qos, retain = DEFAULTS.retain, shared = DEFAULTS.shared } = given
  if (qos !== 0 && qos !== 1 && qos !== 2) throw invalid(`qos is 0, 1 or 2, not ${shown(qos)}`)
  if (typeof retain !== 'boolean') throw invalid(`retain is true or false, not ${shown(retain)}`)
  if (typeof shared !== 'boolean') throw invalid(`shared is true or false, not ${shown(shared)}`)
  return { qos, retain, shared }
}

function invalid(message: string): M3Error {
  return new M3Error('MESSAGE_INVALID', message)
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** As JSON shows it, so that no control character is written to a log; a long one is cut short. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : kindOf(value)
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
}
