import type { MqttConfig } from '../../kernel/config/config.js'
import { type GivenMqtt, mqttConfig } from '../../kernel/config/mqtt.js'

/** Of a configuration without a word about MQTT. */
export const MQTT_DEFAULTS = {
  listen: { host: '127.0.0.1', port: 1883, webSocketPort: 8000 },
  credentials: 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml',
  hashIterations: 10_000,
  tenantUsers: false,
  sharedTopics: [],
  queue: { messages: 20_000, messagesPerTenant: 5000, megabytes: 64 },
  payloadLimit: 1_048_576,
}

/** The `mqtt` of a configuration file that says nothing but this, its defaults filled in. */
export function loadedMqtt(given: { readonly listen?: object; readonly [key: string]: unknown } = {}): MqttConfig {
  const listen = { ...MQTT_DEFAULTS.listen, ...given.listen }
  return mqttConfig({ port: 1883, tls: false, ...MQTT_DEFAULTS, ...given, listen } as GivenMqtt, false)
}
