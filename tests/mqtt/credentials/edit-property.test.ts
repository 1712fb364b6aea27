import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addUser, removeUser, setPassword } from '../../../kernel/mqtt/credentials/edit.js'
import { parseCredentials } from '../../../kernel/mqtt/credentials/parse.js'
import { propertyRuns } from '../../support/property-runs.js'
import { HASH, role } from './file.js'

const OTHER = 'b3RoZXI=:1:b3RoZXI='

/** What people put between elements: white space, comments with all that must not be taken for elements, instructions. */
const between = fc.constantFrom(
  '',
  '\n',
  '\n    ',
  '\n\n\t',
  ' ',
  '\n  <!-- <user><name>x</name></user> & ]]> -->\n  ',
  '<!---->',
  ' <!-- at the end of a line -->\n',
  '\n<?note </users> ?>\n',
  '\n<extra a="/>" b=\'"/user>"\'><![CDATA[</user>]]>&amp;</extra>\n',
)
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .filter((text) => !/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(text))
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(']]>', ']]&gt;')
const user = fc.tuple(name, between, between, between).map(([id, a, b, c]) => ({
  name: id,
  xml: `<user>${a}<name>${escaped(id)}</name>${b}<password>${HASH}</password>${c}<roles>${a}<id>r</id>${b}</roles>${c}</user>`,
}))
const files = fc
  .record({
    users: fc.uniqueArray(user, { minLength: 1, maxLength: 4, selector: (one) => one.name }),
    gaps: fc.array(between, { minLength: 6, maxLength: 6 }),
    isWindows: fc.boolean(),
    rolesFirst: fc.boolean(),
  })
  .map(({ users, gaps: [a, b, c, d, e, f], isWindows, rolesFirst }) => {
    const all = `<users>${a}${users.map(({ xml }) => xml).join(b)}${c}</users>`
    const parts = rolesFirst ? [`<roles>${role()}</roles>`, all] : [all, `<roles>${role()}</roles>`]
    const xml = `<?xml version="1.0"?>\n<file-rbac>${d}${parts.join(e)}${f}</file-rbac>\n`
    return { xml: isWindows ? xml.replaceAll('\n', '\r\n') : xml, names: users.map((one) => one.name) }
  })

const squeezed = (text: string) => text.replace(/\s+/g, '')

function holdsFor({ xml, names }: { xml: string; names: readonly string[] }, added: string): void {
  const entry = { name: added, password: OTHER, roles: ['r'] }
  const more = addUser(xml, 'HASHED', entry)
  const { users } = parseCredentials(more, 'HASHED')
  assert.deepEqual([[...users.keys()], users.get(added)], [[...names, added], entry])
  let same = 0
  while (same < xml.length && more[same] === xml[same]) same++
  assert.ok(more.length > xml.length && more.endsWith(xml.slice(same)), 'one piece was put in')
  assert.equal(squeezed(removeUser(more, 'HASHED', added)), squeezed(xml))

  const [first = ''] = names
  const changed = setPassword(more, 'HASHED', first, OTHER)
  assert.equal(changed.length, more.length - HASH.length + OTHER.length)
  assert.equal(parseCredentials(changed, 'HASHED').users.get(first)?.password, OTHER)
  const fewer = removeUser(more, 'HASHED', first)
  assert.deepEqual([...parseCredentials(fewer, 'HASHED').users.keys()], [...names.slice(1), added])
}

for (const { name: which, check } of propertyRuns(200)) {
  test(`whatever a file looks like, an edit changes what it is about and nothing else: ${which}`, () =>
    check(
      fc.asyncProperty(files, name, async (given, added) => {
        fc.pre(!given.names.includes(added))
        holdsFor(given, added)
      }),
    ))
}
