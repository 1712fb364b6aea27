import type { Message, Qos } from './message.js'

/** What a broker says of itself when it accepts a connection (MQTT 5.0, 3.2.2.3); one of MQTT 3.1.1 says nothing. */
export interface BrokerProperties {
  readonly receiveMaximum?: number | undefined
  readonly maximumQoS?: number | undefined
  readonly retainAvailable?: boolean | undefined
  readonly maximumPacketSize?: number | undefined
}

/** So many messages of QoS 1 and 2 at most are on their way: more make nothing faster, and all are sent again after a break. */
const LARGEST_WINDOW = 256
/** What a PUBLISH packet of MQTT 5 has besides topic and payload. */
const PACKET_OVERHEAD = 12

/** How many messages may be sent before the first is acknowledged. A broker closes the connection of who sends more. */
export function windowOf({ receiveMaximum = LARGEST_WINDOW }: BrokerProperties): number {
  return Math.max(1, Math.min(LARGEST_WINDOW, receiveMaximum))
}

export type Fitted = { readonly qos: Qos; readonly retain: boolean } | { readonly refused: string }

/** How a message may be sent to this broker. One that may not be would close the connection. */
export function fitMessage({ qos, retain, bytes }: Message, broker: BrokerProperties): Fitted {
  const { maximumQoS = 2, retainAvailable = true, maximumPacketSize = Number.POSITIVE_INFINITY } = broker
  if (bytes + PACKET_OVERHEAD > maximumPacketSize) {
    return { refused: `it has ${bytes} bytes, and the broker takes packets of ${maximumPacketSize} at most` }
  }
  return { qos: Math.min(qos, maximumQoS) as Qos, retain: retain && retainAvailable }
}
