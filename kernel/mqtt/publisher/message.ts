import type { ModuleContext } from '../../contract/context.js'

export type Qos = 0 | 1 | 2

/** A message as it goes to the broker. */
export interface Message {
  readonly tenant: ModuleContext['tenant']
  /** The whole topic, the tenant's prefix included. */
  readonly topic: string
  readonly payload: string | Buffer
  readonly qos: Qos
  readonly retain: boolean
  /** Of topic and payload. */
  readonly bytes: number
}
