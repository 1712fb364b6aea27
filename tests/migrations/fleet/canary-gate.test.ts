import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CanaryGate } from '../../../kernel/migrations/fleet/canary-gate.js'

/** A gate, and what its tenants have been told so far. */
function gateOf(canaries: number) {
  const gate = new CanaryGate(canaries)
  const told: string[] = []
  const enter = (place: number) => {
    gate.enter(place).then((open) => told.push(`${place} ${open ? 'goes' : 'stays'}`))
  }
  const saw = async (...expected: string[]) => {
    await nextTurn()
    assert.deepEqual(told.splice(0), expected)
  }
  return { gate, enter, saw }
}

test('canaries go one after another in their order, however they come; then all go', async () => {
  const { gate, enter, saw } = gateOf(2)
  enter(2)
  enter(1)
  await saw()
  enter(0)
  await saw('0 goes')
  gate.leave(0, 'well')
  await saw('1 goes')
  enter(3)
  await saw()
  gate.leave(1, 'well')
  await saw('2 goes', '3 goes')
  enter(9)
  await saw('9 goes')
  assert.equal(gate.failed, false)
})

test('whoever has nothing to do passes by and proves nothing', async () => {
  const { gate, enter, saw } = gateOf(1)
  enter(3)
  gate.leave(1, 'idle')
  gate.leave(2, 'idle')
  await saw()
  gate.leave(0, 'idle')
  await saw('3 goes')
  enter(4)
  await saw()
  gate.leave(3, 'well')
  await saw('4 goes')
})

test('a canary that fails closes it for all', async () => {
  const { gate, enter, saw } = gateOf(2)
  enter(0)
  enter(1)
  gate.leave(0, 'well')
  await saw('0 goes', '1 goes')
  enter(5)
  gate.leave(1, 'badly')
  enter(6)
  await saw('5 stays', '6 stays')
  assert.equal(gate.failed, true)
})

test('a failure behind the canaries closes nothing, and without canaries none does', async () => {
  for (const canaries of [0, 1]) {
    const { gate, enter, saw } = gateOf(canaries)
    enter(0)
    gate.leave(0, 'well')
    enter(1)
    gate.leave(1, 'badly')
    enter(2)
    await saw('0 goes', '1 goes', '2 goes')
    assert.equal(gate.failed, false)
  }
})
