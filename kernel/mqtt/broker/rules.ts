import type { ClientState } from './clients.js'
import { mayPublish, maySubscribe, type Publication, type SubscriptionRequest } from './permissions.js'
import { sharedPart } from './topics.js'

/** Why a client may not publish; undefined if it may. What the broker tells of itself below `$` is not for anybody to forge. */
export function publishRefusal(client: ClientState, publication: Publication): string | undefined {
  if (publication.topic.startsWith('$')) return 'topics that begin with $ are the broker’s'
  if (client.peer.kind === 'kernel') return undefined
  return client.grants && mayPublish(client.grants, publication) ? undefined : 'no permission of its user allows it'
}

/** Why a client may not subscribe. Permissions come first: to whom it is forbidden it does not matter what is supported. */
export function subscribeRefusal(client: ClientState, request: SubscriptionRequest): string | undefined {
  if (client.peer.kind === 'kernel') return 'the kernel only publishes'
  if (!client.grants || !maySubscribe(client.grants, request)) return 'no permission of its user allows it'
  if (sharedPart(request.filter)) return 'the embedded broker has no shared subscriptions'
  if (request.filter.startsWith('$SYS')) return 'what the broker tells of itself is not for clients'
  return undefined
}
