import { M3Error } from '../errors.js'
import type { Mqtt } from './context.js'

/** Where the deployment has no broker. */
export const NO_BROKER: Mqtt = Object.freeze({
  enabled: false,
  publish: async () => {
    throw new M3Error('BROKER_UNAVAILABLE', 'No message broker is configured: set mqtt.host, or mqtt.embedded')
  },
})
