import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { errorCatalogue } from '../../kernel/errors.js'
import { repository } from '../support/app.js'
import { tableOf } from './markdown.js'
import { cannotFollow, followPage } from './page.js'

test('the table of docs/operations.md has every error code, with its status and title', async () => {
  assert.deepEqual(
    tableOf(await readFile(path.join(repository, 'docs/operations.md'), 'utf8'), 'code'),
    Object.entries(errorCatalogue).map(([code, { status, title }]) => [code, String(status), title]),
  )
})

test('docs/operations.md does what it says', { skip: cannotFollow }, () =>
  followPage('docs/operations.md', { built: true }),
)
