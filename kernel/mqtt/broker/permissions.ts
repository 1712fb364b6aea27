import type { Credentials, Permission } from '../credentials/credentials.js'
import { type Login, substitute } from './substitution.js'
import { isPlainText, isTopicFilter, sharedPart } from './topics.js'

/** What one client may do: the permissions of its user's roles, its own names put in. They hold until it signs in anew. */
export type Grants = readonly Grant[]

interface Grant extends Permission {
  /** The filter without slashes at its end, and its levels. */
  readonly stripped: string
  readonly levels: readonly string[]
}

export interface Publication {
  readonly topic: string
  readonly qos: number
  readonly retain: boolean
}

export interface SubscriptionRequest {
  /** `$share/<group>/<filter>` is a shared one. */
  readonly filter: string
  readonly qos: number
}

/**
 * The rules below are those by which HiveMQ CE judges the permissions that its file RBAC extension hands it, with all that
 * follows from them: https://github.com/hivemq/hivemq-community-edition, `DefaultPermissionsEvaluator` and
 * `PermissionTopicMatcherUtils`. `+` of a permission allows any one level of what is asked for, so `a/+` allows the
 * subscription `a/#`, as it does there.
 *
 * Throws if a role's permission is no filter once the names are put in: HiveMQ lets such a client not in.
 */
export function grantsOf(credentials: Credentials, roles: readonly string[], login: Login): Grants {
  return roles
    .flatMap((role) => credentials.roles.get(role) ?? [])
    .map((permission) => {
      const topic = substitute(permission.topic, login)
      if (!isTopicFilter(topic) || sharedPart(topic) || !isPlainText(topic)) {
        throw new Error(`${JSON.stringify(topic)} is no topic filter`)
      }
      if (!isGroup(permission.sharedGroup)) throw new Error(`${JSON.stringify(permission.sharedGroup)} is no group`)
      const stripped = withoutEnd(topic)
      return { ...permission, topic, stripped, levels: levelsOf(stripped) }
    })
}

export function mayPublish(grants: Grants, { topic, qos, retain }: Publication): boolean {
  const asked = askedFor(topic)
  return grants.some(
    (grant) =>
      grant.activity !== 'SUBSCRIBE' &&
      grant.retain !== (retain ? 'NOT_RETAINED' : 'RETAINED') &&
      allowsQos(grant, qos) &&
      covers(grant, asked),
  )
}

export function maySubscribe(grants: Grants, { filter, qos }: SubscriptionRequest): boolean {
  const shared = sharedPart(filter)
  const asked = askedFor(shared?.filter ?? filter)
  return grants.some(
    (grant) =>
      grant.activity !== 'PUBLISH' &&
      grant.sharedSubscription !== (shared ? 'NOT_SHARED' : 'SHARED') &&
      (!shared || grant.sharedGroup === '#' || grant.sharedGroup === shared.group) &&
      allowsQos(grant, qos) &&
      covers(grant, asked),
  )
}

const QOS_NAMES = ['ZERO', 'ONE', 'TWO'] as const

function allowsQos({ qos: allowed }: Permission, qos: number): boolean {
  const name = QOS_NAMES[qos]
  return name !== undefined && (allowed === 'ALL' || allowed.split('_').includes(name))
}

/** A topic or filter that a client asks for: compared without its last slashes, split with them. */
interface Asked {
  readonly stripped: string
  readonly levels: readonly string[]
}

function askedFor(topic: string): Asked {
  return { stripped: topic.length > 1 ? withoutEnd(topic) : topic, levels: levelsOf(topic) }
}

function covers(grant: Grant, asked: Asked): boolean {
  if (!/[#+]/.test(grant.stripped)) return grant.stripped === asked.stripped
  const { levels } = grant
  const both = Math.min(levels.length, asked.levels.length)
  for (let i = 0; i < both; i++) {
    if (levels[i] === asked.levels[i]) continue
    if (levels[i] === '#') return true
    if (levels[i] !== '+') return false
  }
  return (
    levels.length === asked.levels.length ||
    // `a/#` is about `a` itself, too.
    (levels.length === asked.levels.length + 1 && levels.at(-1) === '#')
  )
}

/** `#` is any. */
function isGroup(name: string): boolean {
  return name === '#' || (name !== '' && !/[#+/]/.test(name) && isPlainText(name))
}

function withoutEnd(topic: string): string {
  return topic.replace(/\/+$/, '')
}

function levelsOf(topic: string): readonly string[] {
  return topic === '' ? [] : topic.split('/')
}
