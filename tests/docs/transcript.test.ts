import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksOf, tableOf } from './markdown.js'
import { matches, stepsOf } from './transcript.js'

test('a console block gives its commands, what each prints, and where one is stopped', () => {
  const text = '$ echo a\na\n$ cat <<X\n> b\n> X\nb\n> c\n$ npm start\nserving\n^C\n'
  assert.deepEqual(stepsOf(text, 10), [
    { command: 'echo a', output: 'a', interrupted: false, line: 10 },
    { command: 'cat <<X\nb\nX', output: 'b\n> c', interrupted: false, line: 12 },
    { command: 'npm start', output: 'serving', interrupted: true, line: 17 },
  ])
  assert.throws(() => stepsOf('a\n$ b\n', 3), /line 3: output before the first command/)
})

const printed = 'first 12 ms\n\nid (7)  \nlast\n'
for (const [shown, expected] of [
  ['first 12 ms\n\nid (7)\nlast', true],
  ['\nfirst … ms\n\nid (…)\nlast\n\n', true],
  ['…\nlast', true],
  ['…\nfirst 12 ms\n…', true],
  ['first 12 ms\n…\nid (7)\n…\nlast\n…', true],
  ['…', true],
  ['', false],
  ['last', false],
  ['first 12 ms', false],
  ['first …s\n…\nlast', true],
  ['first …\nlast', false],
  ['first 12 ms\n\nid .7.\nlast', false],
] as const) {
  test(`${JSON.stringify(shown)} is ${expected ? '' : 'not '}what was printed`, () => {
    assert.equal(matches(shown, printed), expected)
  })
}

test('nothing shown is nothing printed', () => {
  assert.equal(matches('', ''), true)
  assert.equal(matches('', '\n'), true)
  assert.equal(matches('', 'x'), false)
})

test('the blocks of a page know their language, what follows it, and their line', () => {
  const page = 'a\n\n```json config.json\n{}\n```\n```\ntext\n\n```\n'
  assert.deepEqual(blocksOf(page), [
    { language: 'json', info: 'config.json', text: '{}\n', line: 4 },
    { language: '', info: '', text: 'text\n\n', line: 7 },
  ])
  assert.throws(() => blocksOf('```sh\nls\n'), /line 2 is not closed/)
})

test('a table gives its cells, without the marks of code', () => {
  const page = '| key | type |\n| --- | --- |\n| `a.b` | x \\| y |\n| c | |\n\n| d | e |\n'
  assert.deepEqual(tableOf(page, 'key'), [
    ['a.b', 'x | y'],
    ['c', ''],
  ])
  assert.throws(() => tableOf(page, 'none'), /no table that begins with none/)
})
