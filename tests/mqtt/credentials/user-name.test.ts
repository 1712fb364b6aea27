import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerUserFault } from '../../../kernel/mqtt/credentials/user-name.js'

const SHARED = ['news/#', 'weather']
const CURLY = '$' + '{{clientid}}'

const CASES: readonly (readonly [name: string, fault: RegExp | undefined])[] = [
  ['first_tenant', undefined],
  ['Ada Lovelace <ada@example.org>', undefined],
  ['été-🔑.x:y', undefined],
  ['price$', undefined],
  ['News', undefined],
  ['x'.repeat(255), undefined],
  ['', /empty/],
  ['é'.repeat(128), /longer than 255 bytes/],
  ['a#', /no # and no \+/],
  ['+', /no # and no \+/],
  ['a/b', /no \//],
  ['$SYS', /begin with \$/],
  ['$share', /begin with \$/],
  [`a${CURLY}`, /begin with \$/],
  ['a\0b', /control/],
  ['a\nb', /control/],
  ['a\x7fb', /control/],
  ['a\x85b', /control/],
  ['a\u2028b', /control/],
  ['a\uD800b', /control/],
  ['a\uFFFFb', /control/],
  [' a', /white space/],
  ['a\u00A0', /white space/],
  ['news', /sharedTopics/],
  ['weather', /sharedTopics/],
]

test('the name of a broker user is one level of a topic', () => {
  for (const [name, fault] of CASES) {
    const found = brokerUserFault(name, SHARED)
    if (fault) assert.match(found ?? 'none', fault, JSON.stringify(name))
    else assert.equal(found, undefined, name)
  }
})
