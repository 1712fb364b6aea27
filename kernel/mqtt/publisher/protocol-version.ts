export type ProtocolVersion = 4 | 5

/** MQTT 5 says why it refuses a message and gives a session its end; 4 stands for MQTT 3.1.1. */
export const FIRST_VERSION: ProtocolVersion = 5

/** How an attempt to connect failed, as far as the version may be the reason. */
export type VersionDoubt =
  /** The broker said that it does not speak it. */
  | 'refused'
  /** It closed the connection and said nothing, as old brokers do, and as a proxy does whose broker is away. */
  | 'silence'
  | 'none'

const SILENCES = 2

/** Which version the next attempt speaks, after so many of this version that ended in silence, the last one included. */
export function nextVersion(version: ProtocolVersion, doubt: VersionDoubt, silences: number): ProtocolVersion {
  if (doubt === 'refused') return version === 5 ? 4 : 5
  if (doubt === 'silence') return version === 5 && silences >= SILENCES ? 4 : 5
  return version
}
