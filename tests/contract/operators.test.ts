import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Op as sequelizeOperators } from 'sequelize'
import { Op } from '../../kernel/contract/operators.js'

test('every operator is the very symbol that Sequelize knows', () => {
  for (const [name, symbol] of Object.entries(Op)) {
    assert.equal(symbol, sequelizeOperators[name as keyof typeof Op], name)
  }
  assert.ok(Object.keys(Op).length >= 20)
})
