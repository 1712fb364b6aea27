import type { Fault } from '../errors.js'
import type { BrokerConfig, MqttConfig } from './config.js'

/** The object as it stands in the file, its defaults filled in. */
export type GivenMqtt = Omit<MqttConfig, 'broker' | 'embedded'> &
  Partial<Omit<BrokerConfig, 'port' | 'tls'>> & {
    readonly port: number | string
    readonly tls: boolean
    readonly embedded?: boolean
  }

/**
 * Whose broker it is: that of `host`; else the embedded one, on the embedded default or where it is asked for; else none,
 * as with a file of the original system that has no `mqtt`.
 */
export function mqttConfig(given: GivenMqtt, hasServer: boolean): MqttConfig {
  const { host, port, username, password, tls, embedded, ...rest } = given
  if (host === undefined) return { ...rest, embedded: embedded ?? !hasServer }
  const login = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
  return { ...rest, embedded: false, broker: { host, port: Number(port), tls, ...login } }
}

/** What a schema cannot say, of the object as it was given. */
export function mqttFaults(given: unknown): Fault[] {
  if (typeof given !== 'object' || given === null) return []
  const mqtt = given as Record<string, unknown>
  const ofBroker = ['port', 'username', 'password', 'tls'].filter((key) => mqtt[key] !== undefined)
  const faults: Fault[] = []
  if (mqtt.host === undefined && ofBroker.length > 0) {
    const hint = ofBroker.includes('port') ? '; the port of the embedded broker is listen.port' : ''
    faults.push({
      path: '$.mqtt.host',
      message: `is missing: ${ofBroker.join(', ')} ${ofBroker.length === 1 ? 'belongs' : 'belong'} to it${hint}`,
    })
  }
  if (mqtt.host !== undefined && mqtt.embedded === true) {
    faults.push({ path: '$.mqtt.embedded', message: 'must not be true beside host: there is one broker' })
  }
  if (Array.isArray(mqtt.sharedTopics)) {
    mqtt.sharedTopics.forEach((filter: unknown, i) => {
      const message = typeof filter === 'string' && filter !== '' ? sharedTopicFault(filter) : undefined
      if (message) faults.push({ path: `$.mqtt.sharedTopics[${i}]`, message })
    })
  }
  return faults
}

/** `#` and `+` are whole levels, `#` the last (MQTT 5.0, 4.7.1). The first level is a word: else it would hold tenants' topics. */
function sharedTopicFault(filter: string): string | undefined {
  const levels = filter.split('/')
  if (filter.includes('\0') || Buffer.byteLength(filter) > 65_535) return 'is no MQTT topic filter'
  if (levels.some((level, i) => /[#+]/.test(level) && (level.length > 1 || (level === '#' && i < levels.length - 1)))) {
    return 'is no MQTT topic filter: # and + stand alone between slashes, # at the end'
  }
  if (/^[#+]?$/.test(levels[0] ?? ''))
    return 'must begin with a word: its first level would match the topics of tenants'
  if (filter.startsWith('$')) return 'must not begin with $: such topics are the broker’s'
  return undefined
}
