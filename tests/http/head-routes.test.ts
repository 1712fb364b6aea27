import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeadRoutes } from '../../kernel/http/head-routes.js'

const cases: [string, string, boolean][] = [
  ['/a/v1/own/:id', '/a/v1/own/7', true],
  ['/a/v1/own/:id', '/a/v1/own/7/', true],
  ['/a/v1/own/:id', '/a/v1/own/7/?x=/', true],
  ['/a/v1/own/:id', '/a/v1/own/', false],
  ['/a/v1/own/:id', '/a/v1/own/7/more/', false],
  ['/a/v1/own/', '/a/v1/own', true],
  ['/a/v1/own/', '/a/v1/own/', true],
  ['/a/v1/', '/a/v1', true],
  ['/a/v1/own/:id?', '/a/v1/own/', true],
  ['/a/v1/raw/*', '/a/v1/raw/b/c/', true],
]
for (const [pattern, url, expected] of cases) {
  test(`a HEAD route at ${pattern} is ${expected ? '' : 'not '}that of ${url}`, () => {
    const heads = new HeadRoutes()
    heads.add(pattern)
    assert.equal(heads.has(url), expected)
  })
}
