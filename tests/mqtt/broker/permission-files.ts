// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what HiveMQ’s extension replaces is written so
/** Files of users for `permission-cases.ts`, each as HiveMQ's file RBAC extension was given it. */

/** Of `passs`, from the original's documentation. */
export const HASH =
  'R2l5d0tqTldZM3NtejdET3hkWHRBT0dxcFF6U1owRFk=:100:1MMjPJ2uOzC4cXx2SHNNMFwN2wo95TQVqcEAK9a3sC+QoblK+6UEqR/TA9W3ZVYQpzcaGiE7FCse7RFumxFdBA=='
export const PASSWORD = 'passs'

/** A topic, or the inside of a `<permission>` where it begins with `<`. */
type Permission = string

const permission = (inside: Permission) =>
  `<permission>${inside.startsWith('<') ? inside : `<topic>${inside}</topic>`}</permission>`

export const role = (id: string, ...permissions: Permission[]) =>
  `<role><id>${id}</id><permissions>${permissions.map(permission).join('')}</permissions></role>`

export const user = (name: string, password: string, ...roles: string[]) =>
  `<user><name>${name}</name><password>${password}</password><roles>${roles.map((id) => `<id>${id}</id>`).join('')}</roles></user>`

export const file = (users: string[], roles: string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<file-rbac>\n<users>\n${users.join('\n')}\n</users>\n<roles>\n${roles.join('\n')}\n</roles>\n</file-rbac>\n`

/** A user for each role, of the same name, all with the password `passs`. */
const each = (roles: Record<string, Permission[]>, ...more: string[]) =>
  file(
    [...Object.keys(roles).map((id) => user(id, HASH, id)), ...more],
    Object.entries(roles).map(([id, permissions]) => role(id, ...permissions)),
  )

const of = (element: string, value: string, topic = 't') => `<topic>${topic}</topic><${element}>${value}</${element}>`
const QOS = ['ZERO', 'ONE', 'TWO', 'ZERO_ONE', 'ONE_TWO', 'ZERO_TWO', 'ALL']

const permissions = each(
  {
    'a/all': ['a/#'],
    'a/any': ['a/+'],
    'any/b': ['+/b'],
    any: ['+'],
    all: ['#'],
    '/all': ['/#'],
    'any/any': ['+/+'],
    'a/b': ['a/b'],
    'a/any/c': ['a/+/c'],
    'any/a/all': ['+/a/#'],
    'a//b': ['a//b'],
    'a/': ['a/'],
    '/a': ['/a'],
    '/': ['/'],
    'a/any/': ['a/+/'],
    'a//all': ['a//#'],
    $SYS: ['$SYS/#'],
    $own: ['$own/#'],
    $share: ['$share/g/t'],
    'ü/😀': ['ü/😀'],
    publisher: [of('activity', 'PUBLISH', 'a/#')],
    subscriber: [of('activity', 'SUBSCRIBE', 'a/#')],
    ...Object.fromEntries(QOS.map((value) => [`qos ${value}`, [of('qos', value)]])),
    RETAINED: [of('retain', 'RETAINED')],
    NOT_RETAINED: [of('retain', 'NOT_RETAINED')],
    SHARED: [of('shared-subscription', 'SHARED')],
    NOT_SHARED: [of('shared-subscription', 'NOT_SHARED')],
    'group g': [of('shared-group', 'g', 's/#')],
    'group g, shared only': [`${of('shared-group', 'g', 's/#')}<shared-subscription>SHARED</shared-subscription>`],
    'group ${{username}}': [of('shared-group', '${{username}}')],
    'qos in turn': [of('qos', 'ZERO'), of('qos', 'TWO')],
    'activity in turn': [of('activity', 'PUBLISH', 'a/#'), of('activity', 'SUBSCRIBE', 'a/b')],
    'first wide': ['a/#', of('qos', 'ZERO', 'a/b')],
    'parts of a filter': ['a/b', 'a/c'],
    'every letter': ['Topic/Case'],
    'a/all/b': ['a/#/b'],
    'a/b-all': ['a/b#'],
    scoped: [of('activity', 'SUBSCRIBE', '${{username}}/#'), of('activity', 'ALL', '${{username}}/clients/#')],
  },
  user('two roles', HASH, 'publisher', 'every letter'),
  user('same role twice', HASH, 'a/b', 'a/b'),
)

const substitution = file(
  [
    ...['ann', 'Ann', 'a/b', '$', '${{clientid}}', '${{username}}', '${{other:-x}}', '§', 'a}}', 'ü'].map((name) =>
      user(name, HASH, 'all'),
    ),
    user('a#', HASH, 'all'),
    user('a+b', HASH, 'all'),
  ],
  [
    role(
      'all',
      'u/${{username}}/#',
      'c/${{clientid}}/#',
      'upper/${{USERNAME}}/${{ClientId}}',
      'twice/${{username}}/${{username}}',
      'space/${{ username }}',
      'unknown/${{other}}',
      'default/${{other:-fallback}}/${{username:-fallback}}',
      'empty/${{other:-}}/x',
      'escape/§${{username}}',
      'escapes/§§${{username}}',
      'single/${username}',
      'dollar/$${{username}}',
      'brace/${{username}}}}',
      'open/${{username',
      'inner/${{user${{x}}name}}',
      'part${{username}}part/x',
    ),
  ],
)

const spaces = file(
  [
    user(' spaced ', HASH, 'r'),
    user('hash', `\n  ${HASH}\n  `, 'r'),
    user('salt', HASH.replace(':100:', ' :100:'), 'r'),
    user('count', HASH.replace(':100:', ': 100 :'), 'r'),
    user('topic', HASH, 'topic'),
    user('topic of two lines', HASH, 'topic of two lines'),
    user('group', HASH, 'group'),
  ],
  [
    role('r', 'a'),
    role('topic', '<topic> a/b </topic>'),
    role('topic of two lines', '<topic>\n  a/b\n</topic>'),
    role('group', of('shared-group', ' g ')),
  ],
)

const [salt = '', , hash = ''] = HASH.split(':')
/** PBKDF2 of `passs` with the salt of `HASH`, once and 10,000 times. */
const ONCE = '9rtSA/9TPTC/daAvSSn70UKHOY30GUPVwa6lRqQnsjEDy2mXlgQ0jnDxXPlAl3bArp45G8j+veLJSxxqwUXvWw=='
const OFTEN = 'RVaPtUvEW8PfagNkYvuh9RZbaNtVNxOGosDVPJ+d2GhzNHB6gz7NHK3UpbDQxPcmGyiKrjH6OmznSdn8XFQnUg=='
const hashes = file(
  [
    user('right', HASH, 'r'),
    user('once', `${salt}:1:${ONCE}`, 'r'),
    user('often', `${salt}:10000:${OFTEN}`, 'r'),
    user('two parts', `${salt}:${hash}`, 'r'),
    user('four parts', `${HASH}:more`, 'r'),
    user('colon at the end', `${HASH}:`, 'r'),
    user('no hash', `${salt}:100:`, 'r'),
    user('part of a hash', `${salt}:100:${hash.slice(0, 44)}`, 'r'),
    user('no padding', `${salt.replaceAll('=', '')}:100:${hash.replaceAll('=', '')}`, 'r'),
    user('count is a word', `${salt}:many:${hash}`, 'r'),
    user('count is signed', `${salt}:+100:${hash}`, 'r'),
    user('count is none', `${salt}:0:${hash}`, 'r'),
    user('count is negative', `${salt}:-1:${hash}`, 'r'),
    user('salt is no base64', `a-b_:100:${hash}`, 'r'),
    user('hash is no base64', `${salt}:100:!!`, 'r'),
  ],
  [role('r', 'a')],
)

const plain = file(
  [user('ann', 'secret', 'r'), user('hash', HASH, 'r'), user('ü', 'pä:ss', 'r'), user('spaced', ' secret ', 'r')],
  [role('r', 'a')],
)

const one = (inside: string) => file([user('ann', HASH, 'r')], [role('r', inside)])

const elements = file(
  [
    '<!-- of a person --><user kind="x"><roles><id>r</id></roles><more>x</more><password>p</password>' +
      `<password>${HASH}</password><name>a<!-- no -->n<![CDATA[n]]>&amp;&#x62;</name></user>`,
    user('empty', HASH, 'empty'),
    user('comment', HASH, 'comment'),
    `<user><name>twice</name><password>${HASH}</password><roles><id>empty</id></roles><roles><id>r</id></roles></user>`,
  ],
  [
    role('r', 'a', '<other>x</other><topic>no</topic><topic>yes</topic>'),
    role('empty', '<topic>t</topic><activity/><qos></qos><retain/><shared-subscription/><shared-group/>'),
    role('comment', '<!-- of a topic --><topic>t</topic>'),
  ],
)

/** By a name that says what is special about each. `plain` is read with the password type PLAIN. */
export const files = {
  permissions,
  substitution,
  spaces,
  hashes,
  plain,
  elements,
  'activity is no activity': one(of('activity', 'BOTH')),
  'activity in small letters': one(of('activity', 'publish')),
  'activity between spaces': one(of('activity', ' ALL\n')),
  'qos is no qos': one(of('qos', '1')),
  'retain is no retain': one(of('retain', 'true')),
  'shared is no shared': one(of('shared-subscription', 'YES')),
  'no topic': one('<activity>ALL</activity>'),
  'empty topic': one('<topic></topic>'),
  'unknown role': file([user('ann', HASH, 'r', 'gone')], [role('r', 'a')]),
  'duplicate user': file([user('ann', HASH, 'r'), user('ann', HASH, 'r')], [role('r', 'a')]),
  'duplicate role': file([user('ann', HASH, 'r')], [role('r', 'a'), role('r', 'b')]),
  'role without permissions': file([user('ann', HASH, 'r')], [role('r', 'a'), role('s')]),
  'role without id': file([user('ann', HASH, 'r')], [role('r', 'a'), role('', 'b')]),
  'user without roles': file([user('ann', HASH, 'r'), user('bob', HASH)], [role('r', 'a')]),
  'user without a name': file([user('ann', HASH, 'r'), user('', HASH, 'r')], [role('r', 'a')]),
  'user without a password': file([user('ann', HASH, 'r'), user('bob', '', 'r')], [role('r', 'a')]),
  'plain password': file([user('ann', HASH, 'r'), user('bob', 'secret', 'r')], [role('r', 'a')]),
  'hash without salt': file([user('ann', HASH, 'r'), user('bob', `:100:${hash}`, 'r')], [role('r', 'a')]),
  'no users': file([], [role('r', 'a')]),
  'no roles': file([user('ann', HASH)], []),
  'not closed': one('a').replace('</file-rbac>', ''),
  'another root': one('a').replaceAll('file-rbac', 'rbac'),
  namespace: one('a').replace('<file-rbac>', '<file-rbac xmlns="urn:x">'),
  entity: one('a').replace('\n', '\n<!DOCTYPE file-rbac [<!ENTITY n "ann">]>\n').replace('>ann<', '>&n;<'),
  'two lists of users': one('a').replace('</users>', `</users><users>${user('bob', HASH, 'r')}</users>`),
} as const

export type FileName = keyof typeof files
