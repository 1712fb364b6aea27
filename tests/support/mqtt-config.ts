import type { MqttConfig } from '../../kernel/config/config.js'
import { type GivenMqtt, mqttConfig } from '../../kernel/config/mqtt.js'

/** The `mqtt` of a configuration file that says nothing but this, its defaults filled in. */
export function loadedMqtt(given: { readonly listen?: object; readonly [key: string]: unknown } = {}): MqttConfig {
  const { listen, ...rest } = given
  return mqttConfig(
    {
      port: 1883,
      tls: false,
      credentials: 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml',
      hashIterations: 10_000,
      tenantUsers: false,
      sharedTopics: [],
      queue: { messages: 20_000, messagesPerTenant: 5000, megabytes: 64 },
      payloadLimit: 1_048_576,
      ...rest,
      listen: { host: '127.0.0.1', port: 1883, webSocketPort: 8000, ...listen },
    } as GivenMqtt,
    false,
  )
}
