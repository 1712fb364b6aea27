import assert from 'node:assert/strict'
import { test } from 'node:test'
import { M3Error } from '../../../kernel/errors.js'
import { parseXml } from '../../../kernel/mqtt/credentials/xml.js'

const SECRET = 'hunter2'

function faultOf(xml: string): string {
  try {
    parseXml(xml, 'a')
  } catch (error) {
    assert.ok(error instanceof M3Error, String(error))
    assert.equal(error.code, 'CREDENTIALS_INVALID')
    const [fault] = error.faults
    const text = `${fault?.path}: ${fault?.message}`
    assert.ok(!text.includes(SECRET), text)
    return text
  }
  return 'none'
}

/** Each is no XML, or XML that is not read: what is wrong, and where. */
const CASES: readonly (readonly [xml: string, fault: string])[] = [
  ['', ': has no root element'],
  ['  \n', ': has no root element'],
  [SECRET, ': has no root element'],
  ['<b/>', 'line 1: must have a as its root element'],
  ['<A/>', 'line 1: must have a as its root element'],
  ['<a>\n<b>', 'line 2: ends before an element is closed'],
  ['<a>\n<b>\n</a>', 'line 2: closes an element with the tag of another'],
  [`<a>\n<${SECRET}>\n</a>`, 'line 2: closes an element with the tag of another'],
  ['<a/>\n<a/>', 'line 2: has something after its root element'],
  [`<a/>\n${SECRET}`, 'line 1: has something after its root element'],
  [`${SECRET}<a/>`, ': has text outside of its root element'],
  ['\n<?xml version="1.0"?><a/>', 'line 2: has something before its XML declaration'],
  ['<a><!-- x -- y --></a>', 'line 1: has a comment that is not closed, or has -- within'],
  ['<a><!-- x </a>', 'line 1: has a comment that is not closed, or has -- within'],
  ['<a>\n<![CDATA[ x </a>', 'line 2: has a CDATA section that is not closed'],
  [`<a>\n${SECRET}&</a>`, 'line 2: has an & that stands for nothing: write &amp;'],
  [`<a>&${SECRET};</a>`, 'line 1: has an & that stands for nothing: write &amp;'],
  ['<a>&nbsp;</a>', 'line 1: has an & that stands for nothing: write &amp;'],
  ['<a>x ]]> y</a>', 'line 1: has a ]]> outside of CDATA: write ]]&gt;'],
  ['<a>\r\n\0</a>', 'line 2: has a character that XML does not allow'],
  ['<a>\u0001</a>', 'line 1: has a character that XML does not allow'],
  ['<a>\uD800</a>', 'line 1: has a character that XML does not allow'],
  ['<a>&#0;</a>', 'line 1: has a character that XML does not allow'],
  ['<a>&#xD800;</a>', 'line 1: has a character that XML does not allow'],
  ['<a>&#x110000;</a>', 'line 1: has a character that XML does not allow'],
  [`<a b=${SECRET}/>`, 'line 1: is not well-formed XML'],
  [`<a b="1" b="${SECRET}"/>`, 'line 1: is not well-formed XML'],
  [`<a>\n${SECRET} < x</a>`, 'line 2: is not well-formed XML'],
  ['<p:a/>', 'line 1: is not well-formed XML'],
  ['<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'line 1: must be declared and saved as UTF-8'],
  // Nothing is expanded, nothing fetched.
  ['<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>', 'DOCTYPE'],
  ['<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 'DOCTYPE'],
  ['<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><a/>', 'DOCTYPE'],
]

test('what is no XML is refused with its line, and without its text', () => {
  for (const [xml, expected] of CASES) {
    const fault = faultOf(xml)
    if (expected === 'DOCTYPE') assert.match(fault, /^line 1: must have no DOCTYPE/, xml)
    else assert.equal(fault, expected, xml)
  }
})

test('what looks wrong within comments, CDATA and instructions is fine', () => {
  const xml =
    '<?xml version="1.0" encoding="utf-8"?><!-- & ]]> <!DOCTYPE --><a><![CDATA[& <b> <!DOCTYPE]]><?x & <?></a>'
  assert.equal(faultOf(xml), 'none')
  assert.equal(faultOf('<a>&#65;&#x1F511;&lt;&gt;&quot;&apos;&amp;</a>'), 'none')
})

test('hostile sizes are refused or read quickly', () => {
  const started = performance.now()
  assert.match(faultOf(`<a>${'x'.repeat(16_000_001)}</a>`), /is longer than 16000000 characters/)
  for (const xml of [
    '<'.repeat(100_000),
    '<a '.repeat(100_000),
    `<a>${'&'.repeat(100_000)}</a>`,
    '<!--'.repeat(20_000),
  ]) {
    assert.notEqual(faultOf(xml), 'none')
  }
  assert.equal(faultOf('<a>'.repeat(5000) + '</a>'.repeat(5000)), 'none')
  assert.ok(performance.now() - started < 10_000)
})
