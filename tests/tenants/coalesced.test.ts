import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Coalesced } from '../../kernel/tenants/coalesced.js'

/** Work that ends when it is told to, and how often it began. */
function makeWork() {
  const ends: (() => void)[] = []
  const coalesced = new Coalesced(() => new Promise((resolve) => ends.push(resolve)))
  return { ends, coalesced }
}

test('whoever asks during a run gets one that begins afterwards, and shares it with all who do', async () => {
  const { ends, coalesced } = makeWork()
  const first = coalesced.run()
  const [second, third] = [coalesced.run(), coalesced.run()]
  assert.equal(ends.length, 1)
  ends[0]?.()
  await first
  const fourth = coalesced.run()
  let seen = false
  void second.then(() => {
    seen = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([ends.length, seen], [2, false])
  ends[1]?.()
  await Promise.all([second, third])
  ends[2]?.()
  await fourth
  assert.ok(ends.length <= 3)
})

test('a run that fails does not stop the next, and is settled', async () => {
  let runs = 0
  const coalesced = new Coalesced(async () => {
    if (++runs === 1) throw new Error('the first')
  })
  const first = assert.rejects(coalesced.run(), /the first/)
  await Promise.all([first, coalesced.run()])
  await coalesced.settled()
  assert.equal(runs, 2)
})

test('settled waits for what is queued, too', async () => {
  const { ends, coalesced } = makeWork()
  void coalesced.run()
  void coalesced.run()
  let settled = false
  void coalesced.settled().then(() => {
    settled = true
  })
  ends[0]?.()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([ends.length, settled], [2, false])
  ends[1]?.()
  await coalesced.settled()
})
