// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what HiveMQ’s extension replaces is written so
import { type FileName, HASH, PASSWORD } from './permission-files.js'

/**
 * What HiveMQ CE with its file RBAC extension allows and denies, case by case. The answers are HiveMQ's own
 * (CE 2024.3 and 2025.5 alike), not what its documentation says.
 */
export interface PermissionCase {
  readonly name: string
  /** The name of one of `files`. */
  readonly credentials: FileName
  /** Where there is none, the broker gives one. */
  readonly clientId: string
  /** Not sent where it is missing. */
  readonly username?: string
  readonly password?: string
  readonly action: Action
  /** The same for MQTT 3.1.1 and 5. A will is denied, or a name refused, before the client is connected. */
  readonly expected: Expected
}

export type Expected = 'allowed' | 'denied' | 'refused at connect'
export type Qos = 0 | 1 | 2
export type Action =
  | { readonly publish: Publish }
  | { readonly subscribe: { readonly filter: string; readonly qos: Qos } }
  | { readonly connect: { readonly will?: Publish } }
interface Publish {
  readonly topic: string
  readonly qos: Qos
  readonly retain: boolean
}

const publish = (topic: string, qos: Qos = 0, retain = false): Action => ({ publish: { topic, qos, retain } })
const subscribe = (filter: string, qos: Qos = 0): Action => ({ subscribe: { filter, qos } })
const will = (topic: string, qos: Qos = 0, retain = false): Action => ({ connect: { will: { topic, qos, retain } } })
const connect: Action = { connect: {} }

const told = (action: Action): string => {
  if ('subscribe' in action) return `subscribes to ${action.subscribe.filter} with QoS ${action.subscribe.qos}`
  const message = 'publish' in action ? action.publish : action.connect.will
  if (message === undefined) return 'connects'
  const verb = 'publish' in action ? 'publishes to' : 'leaves a will for'
  return `${verb} ${message.topic} with QoS ${message.qos}${message.retain ? ', retained' : ''}`
}

/** Cases of one user, by the file, the user's name and perhaps a client id and a password. */
const of = (credentials: FileName, username: string, ...rest: [Action, Expected][]): PermissionCase[] =>
  signedIn(credentials, { username, password: PASSWORD, clientId: 'client' }, ...rest)

const signedIn = (
  credentials: FileName,
  who: { readonly username?: string; readonly password?: string; readonly clientId: string },
  ...rest: [Action, Expected][]
): PermissionCase[] =>
  rest.map(([action, expected]) => {
    const sign = who.clientId === 'client' && who.password === PASSWORD ? (who.username ?? '') : JSON.stringify(who)
    return { name: `${credentials}: ${sign} ${told(action)}`, credentials, ...who, action, expected }
  })

const topics: PermissionCase[] = [
  ...of(
    'permissions',
    'a/all',
    [publish('a/b'), 'allowed'],
    [publish('a/b/c', 2, true), 'allowed'],
    [publish('a'), 'allowed'],
    [publish('a/'), 'allowed'],
    [publish('/a'), 'denied'],
    [publish('A/b'), 'denied'],
    [publish('ab'), 'denied'],
    [subscribe('a/#'), 'allowed'],
    [subscribe('a/+'), 'allowed'],
    [subscribe('a/b/#'), 'allowed'],
    [subscribe('a/+/c', 2), 'allowed'],
    [subscribe('a'), 'allowed'],
    [subscribe('#'), 'denied'],
    [subscribe('+'), 'denied'],
    [subscribe('+/b'), 'denied'],
    [subscribe('+/#'), 'denied'],
    [subscribe('$share/g/a/b'), 'allowed'],
    [subscribe('$share/g/b'), 'denied'],
    [will('a/b', 1), 'allowed'],
    [will('b'), 'refused at connect'],
  ),
  ...of(
    'permissions',
    'a/any',
    [publish('a/b'), 'allowed'],
    [publish('a/'), 'allowed'],
    [publish('a'), 'denied'],
    [publish('a/b/c'), 'denied'],
    [subscribe('a/+'), 'allowed'],
    [subscribe('a/b'), 'allowed'],
    [subscribe('a/'), 'allowed'],
    // The level of a `+` may be a `#` of the subscription.
    [subscribe('a/#'), 'allowed'],
    [subscribe('a/+/c'), 'denied'],
    [subscribe('a/+/#'), 'denied'],
    [publish('a//'), 'denied'],
    [subscribe('+/b'), 'denied'],
    [subscribe('a'), 'denied'],
  ),
  ...of(
    'permissions',
    'any/b',
    [publish('a/b'), 'allowed'],
    [publish('/b'), 'allowed'],
    [publish('b'), 'denied'],
    [publish('$x/b'), 'denied'],
    [subscribe('+/b'), 'allowed'],
    [subscribe('a/b'), 'allowed'],
    [subscribe('a/+'), 'denied'],
    [subscribe('+/+'), 'denied'],
    [subscribe('$x/b'), 'allowed'],
  ),
  ...of(
    'permissions',
    'any',
    [publish('a'), 'allowed'],
    [publish('a/b'), 'denied'],
    [publish('/'), 'denied'],
    [subscribe('+'), 'allowed'],
    [subscribe('#'), 'allowed'],
    [subscribe('+/#'), 'denied'],
    [subscribe('a/#'), 'denied'],
  ),
  ...of(
    'permissions',
    'all',
    [publish('a'), 'allowed'],
    [publish('/'), 'allowed'],
    [publish('a//b'), 'allowed'],
    [publish('$x/y'), 'denied'],
    [subscribe('#'), 'allowed'],
    [subscribe('+/+/#', 2), 'allowed'],
    [subscribe('$share/g/#'), 'allowed'],
    [subscribe('$SYS/#'), 'allowed'],
    [subscribe('$x/y'), 'allowed'],
    [subscribe('$share/g/$x/y'), 'allowed'],
  ),
  ...of('permissions', '/all', [publish('/a'), 'allowed'], [publish('a'), 'denied'], [subscribe('/+'), 'allowed']),
  ...of(
    'permissions',
    'any/any',
    [publish('/'), 'allowed'],
    [publish('/a'), 'allowed'],
    [subscribe('/+'), 'allowed'],
    [subscribe('+/b'), 'allowed'],
    [subscribe('+'), 'denied'],
  ),
  ...of(
    'permissions',
    'a/b',
    [publish('a/b'), 'allowed'],
    // Slashes at the end are no level where the permission has no wildcard.
    [publish('a/b/'), 'allowed'],
    [publish('a/b//'), 'allowed'],
    [subscribe('a/b/'), 'allowed'],
    [will('a/b/'), 'allowed'],
    [publish('/a/b'), 'denied'],
    [subscribe('a/b'), 'allowed'],
    [subscribe('a/+'), 'denied'],
    [subscribe('a/b/#'), 'denied'],
  ),
  ...of(
    'permissions',
    'a/any/c',
    [publish('a//c'), 'allowed'],
    [subscribe('a/+/c'), 'allowed'],
    [subscribe('a/+/+'), 'denied'],
  ),
  ...of(
    'permissions',
    'any/a/all',
    [publish('x/a'), 'allowed'],
    [subscribe('x/a/+'), 'allowed'],
    [subscribe('#'), 'denied'],
  ),
  ...of(
    'permissions',
    'a//b',
    [publish('a//b'), 'allowed'],
    [publish('a/b'), 'denied'],
    [subscribe('a/+/b'), 'denied'],
  ),
  ...of(
    'permissions',
    'a/',
    [publish('a/'), 'allowed'],
    [publish('a'), 'allowed'],
    [subscribe('a'), 'allowed'],
    [publish('a/b'), 'denied'],
  ),
  ...of('permissions', '/', [publish('/'), 'denied'], [publish('//'), 'allowed'], [publish('a'), 'denied']),
  ...of(
    'permissions',
    'a/any/',
    [publish('a/b'), 'allowed'],
    [publish('a/b/'), 'denied'],
    [publish('a/b/c'), 'denied'],
  ),
  ...of('permissions', 'a//all', [publish('a//b'), 'allowed'], [publish('a/'), 'allowed'], [publish('a/b'), 'denied']),
  ...of('permissions', '/a', [publish('/a'), 'allowed'], [publish('a'), 'denied']),
  ...of(
    'permissions',
    '$SYS',
    [subscribe('$SYS/#'), 'allowed'],
    [subscribe('$SYS/a'), 'allowed'],
    [subscribe('#'), 'denied'],
    [publish('$SYS/a', 1), 'denied'],
  ),
  ...of(
    'permissions',
    '$own',
    [publish('$own/a'), 'denied'],
    [will('$own/a'), 'allowed'],
    [subscribe('$own/+'), 'allowed'],
    [subscribe('$share/g/$own/a'), 'allowed'],
  ),
  ...of('permissions', '$share', [connect, 'refused at connect']),
  ...of(
    'permissions',
    'ü/😀',
    [publish('ü/😀'), 'allowed'],
    [subscribe('ü/😀'), 'allowed'],
    [publish('Ü/😀'), 'denied'],
  ),
  ...of('permissions', 'every letter', [publish('Topic/Case'), 'allowed'], [publish('topic/case'), 'denied']),
  ...of('permissions', 'a/all/b', [connect, 'refused at connect']),
  ...of('permissions', 'a/b-all', [connect, 'refused at connect']),
]

const kinds: PermissionCase[] = [
  ...of(
    'permissions',
    'publisher',
    [publish('a/b'), 'allowed'],
    [will('a/b'), 'allowed'],
    [subscribe('a/b'), 'denied'],
  ),
  ...of(
    'permissions',
    'subscriber',
    [publish('a/b'), 'denied'],
    [publish('a/b', 1), 'denied'],
    [publish('a/b', 2), 'denied'],
    [will('a/b'), 'refused at connect'],
    [subscribe('a/b'), 'allowed'],
  ),
  ...(
    [
      ['ZERO', [0]],
      ['ONE', [1]],
      ['TWO', [2]],
      ['ZERO_ONE', [0, 1]],
      ['ONE_TWO', [1, 2]],
      ['ZERO_TWO', [0, 2]],
      ['ALL', [0, 1, 2]],
    ] as const
  ).flatMap(([name, allowed]) =>
    ([0, 1, 2] as const).flatMap((qos) => {
      const expected = (allowed as readonly Qos[]).includes(qos) ? 'allowed' : 'denied'
      return of('permissions', `qos ${name}`, [publish('t', qos), expected], [subscribe('t', qos), expected])
    }),
  ),
  ...of('permissions', 'qos ONE', [will('t', 1), 'allowed'], [will('t', 2), 'refused at connect']),
  ...of(
    'permissions',
    'RETAINED',
    [publish('t', 0, true), 'allowed'],
    [publish('t', 1), 'denied'],
    [subscribe('t'), 'allowed'],
    [will('t', 0, true), 'allowed'],
    [will('t'), 'refused at connect'],
  ),
  ...of(
    'permissions',
    'NOT_RETAINED',
    [publish('t', 0, true), 'denied'],
    [publish('t', 1), 'allowed'],
    [subscribe('t'), 'allowed'],
    [will('t', 0, true), 'refused at connect'],
  ),
  ...of(
    'permissions',
    'SHARED',
    [subscribe('$share/g/t'), 'allowed'],
    [subscribe('t'), 'denied'],
    [publish('t'), 'allowed'],
  ),
  ...of(
    'permissions',
    'NOT_SHARED',
    [subscribe('$share/g/t'), 'denied'],
    [subscribe('t'), 'allowed'],
    [publish('t'), 'allowed'],
  ),
  ...of(
    'permissions',
    'group g',
    [subscribe('$share/g/s/t'), 'allowed'],
    [subscribe('$share/h/s/t'), 'denied'],
    [subscribe('$share/G/s/t'), 'denied'],
    [subscribe('$share/g/s/#'), 'allowed'],
    [subscribe('s/t'), 'allowed'],
    [publish('s/t'), 'allowed'],
  ),
  ...of(
    'permissions',
    'group g, shared only',
    [subscribe('$share/g/s/t'), 'allowed'],
    [subscribe('$share/h/s/t'), 'denied'],
    [subscribe('s/t'), 'denied'],
  ),
  ...of(
    'permissions',
    'group ${{username}}',
    [subscribe('$share/group ${{username}}/t'), 'denied'],
    [subscribe('$share/${{username}}/t'), 'allowed'],
  ),
  ...of(
    'permissions',
    'qos in turn',
    [publish('t', 0), 'allowed'],
    [publish('t', 1), 'denied'],
    [publish('t', 2), 'allowed'],
    [subscribe('t', 1), 'denied'],
    [subscribe('t', 2), 'allowed'],
  ),
  ...of(
    'permissions',
    'activity in turn',
    [publish('a/b'), 'allowed'],
    [subscribe('a/b'), 'allowed'],
    [subscribe('a/c'), 'denied'],
  ),
  ...of('permissions', 'first wide', [publish('a/b', 2), 'allowed'], [subscribe('a/b', 2), 'allowed']),
  ...of('permissions', 'parts of a filter', [subscribe('a/b'), 'allowed'], [subscribe('a/+'), 'denied']),
  ...of(
    'permissions',
    'two roles',
    [publish('a/b'), 'allowed'],
    [publish('Topic/Case'), 'allowed'],
    [subscribe('Topic/Case'), 'allowed'],
    [subscribe('a/b'), 'denied'],
  ),
  ...of('permissions', 'same role twice', [publish('a/b'), 'allowed'], [publish('a/c'), 'denied']),
  ...of(
    'permissions',
    'scoped',
    [subscribe('scoped/#'), 'allowed'],
    [subscribe('scoped'), 'allowed'],
    [publish('scoped/notes'), 'denied'],
    [publish('scoped/clients/ann'), 'allowed'],
    [publish('scoped/clients'), 'allowed'],
    [publish('other/clients/ann'), 'denied'],
    [subscribe('other/#'), 'denied'],
    [subscribe('#'), 'denied'],
  ),
  ...of(
    'permissions',
    'all',
    [publish('a/#'), 'denied'],
    [publish('a/+'), 'denied'],
    [subscribe('a/#/b'), 'denied'],
    [subscribe('a+'), 'denied'],
    [subscribe('$share/g'), 'denied'],
    [subscribe('$share//t'), 'denied'],
    [subscribe('$share/+/t'), 'denied'],
  ),
]

const scope = (username: string, clientId: string, ...rest: [Action, Expected][]) =>
  signedIn('substitution', { username, password: PASSWORD, clientId }, ...rest)

const substituted: PermissionCase[] = [
  ...scope(
    'ann',
    'c1',
    [publish('u/ann/x'), 'allowed'],
    [publish('u/Ann/x'), 'denied'],
    [publish('u/ann2/x'), 'denied'],
    [subscribe('u/+/x'), 'denied'],
    [subscribe('u/ann/#'), 'allowed'],
    [publish('c/c1/x'), 'allowed'],
    [publish('c/c2/x'), 'denied'],
    [publish('upper/ann/c1'), 'allowed'],
    [publish('twice/ann/ann'), 'allowed'],
    [publish('twice/ann/bob'), 'denied'],
    [publish('space/ann'), 'denied'],
    [publish('space/${{ username }}'), 'allowed'],
    [publish('unknown/${{other}}'), 'allowed'],
    [publish('unknown/'), 'denied'],
    [publish('default/fallback/ann'), 'allowed'],
    [publish('empty//x'), 'allowed'],
    [publish('escape/${{username}}'), 'allowed'],
    [publish('escape/ann'), 'denied'],
    [publish('escapes/§${{username}}'), 'allowed'],
    [publish('single/${username}'), 'allowed'],
    [publish('dollar/$ann'), 'allowed'],
    [publish('brace/ann}}'), 'allowed'],
    [publish('open/${{username'), 'allowed'],
    [publish('inner/${{user${{x}}name}}'), 'allowed'],
    [publish('partannpart/x'), 'allowed'],
  ),
  ...scope('Ann', 'c1', [publish('u/Ann/x'), 'allowed'], [publish('u/ann/x'), 'denied']),
  ...scope('a/b', 'x/y', [publish('u/a/b/x'), 'allowed'], [publish('c/x/y'), 'allowed'], [publish('c/x'), 'denied']),
  ...scope('$', '$', [publish('u/$/x'), 'allowed'], [publish('c/$'), 'allowed']),
  ...scope('ann', '${{username}}', [publish('c/ann/x'), 'allowed'], [publish('c/${{username}}/x'), 'denied']),
  ...scope('ann', '${{other}}', [publish('c/${{other}}/x'), 'allowed']),
  ...scope('ann', '${{other:-x}}', [publish('c/x/x'), 'allowed']),
  ...scope('ann', '${{clientid}}', [connect, 'refused at connect']),
  ...scope('ann', '§${{username}}', [publish('c/${{username}}/x'), 'allowed'], [publish('c/ann/x'), 'denied']),
  ...scope('${{clientid}}', 'bob', [publish('u/bob/x'), 'allowed'], [publish('u/${{clientid}}/x'), 'denied']),
  ...scope('${{username}}', 'c1', [connect, 'refused at connect']),
  ...scope('${{other:-x}}', 'c1', [publish('u/x/x'), 'allowed']),
  ...scope('§', 'c1', [publish('u/§/x'), 'allowed']),
  ...scope('a}}', 'c1', [publish('u/a}}/x'), 'allowed']),
  ...scope('ü', 'c1', [publish('u/ü/x'), 'allowed']),
  ...scope('ann', 'c#', [connect, 'refused at connect']),
  ...scope('ann', 'c+', [connect, 'refused at connect']),
  ...scope('a#', 'c1', [connect, 'refused at connect']),
  ...scope('a+b', 'c1', [connect, 'refused at connect']),
  ...scope('ann', '', [connect, 'allowed'], [publish('u/ann/x'), 'allowed'], [publish('c//x'), 'denied']),
]

const signIns: PermissionCase[] = [
  ...signedIn('permissions', { clientId: 'client' }, [connect, 'refused at connect']),
  ...signedIn('permissions', { clientId: 'client', username: 'all' }, [connect, 'refused at connect']),
  ...signedIn('permissions', { clientId: 'client', username: 'a/b', password: '' }, [connect, 'refused at connect']),
  ...signedIn('permissions', { clientId: 'client', username: 'a/b', password: 'pass' }, [
    connect,
    'refused at connect',
  ]),
  ...signedIn('permissions', { clientId: 'client', username: 'a/b', password: HASH }, [connect, 'refused at connect']),
  ...of('permissions', 'nobody', [connect, 'refused at connect']),
  ...of('permissions', '', [connect, 'refused at connect']),
  ...of('permissions', 'A/B', [connect, 'refused at connect']),
  ...of('permissions', 'a/b', [connect, 'allowed']),
  ...(
    [
      ['right', 'allowed'],
      ['once', 'allowed'],
      ['often', 'allowed'],
      ['two parts', 'refused at connect'],
      ['four parts', 'refused at connect'],
      ['colon at the end', 'allowed'],
      ['no hash', 'refused at connect'],
      ['part of a hash', 'refused at connect'],
      ['no padding', 'allowed'],
      ['count is a word', 'refused at connect'],
      ['count is signed', 'allowed'],
      ['count is none', 'refused at connect'],
      ['count is negative', 'refused at connect'],
      ['salt is no base64', 'refused at connect'],
      ['hash is no base64', 'refused at connect'],
    ] as const
  ).flatMap(([name, expected]) => of('hashes', name, [connect, expected])),
  ...(
    [
      ['ann', 'secret', 'allowed'],
      ['ann', 'Secret', 'refused at connect'],
      ['ann', '', 'refused at connect'],
      ['hash', PASSWORD, 'refused at connect'],
      ['ü', 'pä:ss', 'allowed'],
      ['spaced', 'secret', 'refused at connect'],
      ['spaced', ' secret ', 'allowed'],
    ] as const
  ).flatMap(([username, password, expected]) =>
    signedIn('plain', { username, password, clientId: 'client' }, [connect, expected]),
  ),
]

const texts: PermissionCase[] = [
  ...of('spaces', 'spaced', [connect, 'refused at connect']),
  ...of('spaces', ' spaced ', [connect, 'allowed']),
  ...of('spaces', 'hash', [connect, 'refused at connect']),
  ...of('spaces', 'salt', [connect, 'refused at connect']),
  ...of('spaces', 'count', [connect, 'refused at connect']),
  ...of('spaces', 'topic', [publish('a/b'), 'denied'], [publish(' a/b '), 'allowed']),
  ...of('spaces', 'topic of two lines', [connect, 'refused at connect']),
  ...of('spaces', 'group', [subscribe('$share/g/t'), 'denied'], [subscribe('$share/ g /t'), 'allowed']),
  ...of('elements', 'ann&b', [publish('a'), 'allowed'], [publish('yes'), 'allowed'], [publish('no'), 'denied']),
  ...of('elements', 'empty', [publish('t', 2, true), 'allowed'], [subscribe('$share/g/t'), 'allowed']),
  ...of('elements', 'comment', [publish('t'), 'allowed']),
  ...of('elements', 'twice', [publish('a'), 'allowed'], [publish('t'), 'denied']),
  ...(
    [
      ['activity is no activity', 'refused at connect'],
      ['activity in small letters', 'refused at connect'],
      ['activity between spaces', 'refused at connect'],
      ['qos is no qos', 'refused at connect'],
      ['retain is no retain', 'refused at connect'],
      ['shared is no shared', 'refused at connect'],
      ['no topic', 'refused at connect'],
      ['empty topic', 'refused at connect'],
      ['unknown role', 'refused at connect'],
      ['duplicate user', 'refused at connect'],
      ['duplicate role', 'refused at connect'],
      ['role without permissions', 'refused at connect'],
      ['role without id', 'refused at connect'],
      ['user without roles', 'refused at connect'],
      ['user without a name', 'refused at connect'],
      ['user without a password', 'refused at connect'],
      ['plain password', 'refused at connect'],
      ['hash without salt', 'refused at connect'],
      ['no users', 'refused at connect'],
      ['no roles', 'refused at connect'],
      ['not closed', 'refused at connect'],
      ['another root', 'refused at connect'],
      ['namespace', 'refused at connect'],
      ['entity', 'allowed'],
      ['two lists of users', 'refused at connect'],
    ] as const
  ).flatMap(([name, expected]) => of(name, 'ann', [connect, expected])),
  ...of('two lists of users', 'bob', [connect, 'allowed']),
]

export const permissionCases: readonly PermissionCase[] = [...topics, ...kinds, ...substituted, ...signIns, ...texts]
