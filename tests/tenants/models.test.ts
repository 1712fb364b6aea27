import assert from 'node:assert/strict'
import { test } from 'node:test'
import { email, varchar } from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { Models } from '../../kernel/tenants/models.js'
import { LENGTHS } from '../engines/engine-fixture.js'
import { makeSqlite } from '../engines/sqlite-fixture.js'

const people = defineTable('people', { columns: { name: varchar(20), address: email() } })
const tables = new Map([['people', people]])

test('tenants share the validators of their columns, custom types included, and lengths tell them apart', async (t) => {
  const { engine, open } = await makeSqlite(t)
  await engine.provision({ name: 'second', user: 'second', secret: '' })
  const attributesOf = (name: string, lengths = LENGTHS) =>
    new Models(open(name), lengths, tables, new Map()).table(people).getAttributes()
  const [first, second] = [attributesOf('first'), attributesOf('second')]
  for (const column of ['name', 'address'] as const) {
    assert.ok(first[column].validate)
    assert.equal(first[column].validate, second[column].validate, column)
  }
  const shorter = attributesOf('second', { ...LENGTHS, email: 5 })
  assert.notEqual(shorter.address.validate, first.address.validate)
})
