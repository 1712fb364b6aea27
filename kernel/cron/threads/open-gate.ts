import type { ConnectionGate } from '../../engines/contract.js'

/** The connections of a thread were counted in the budget of the process before it was started. */
export const openGate: ConnectionGate = {
  admit: async () => () => {},
  idle: () => {},
  shouldYield: () => false,
  forget: () => {},
}
