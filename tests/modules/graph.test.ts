import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareModuleVersions, orderModules, uniteDependencies, unsoundModules } from '../../kernel/modules/graph.js'
import type { ModuleVersionName } from '../../kernel/names.js'

type Graph = Record<ModuleVersionName, ModuleVersionName[]>

/** A graph in which exactly its keys are provided. */
function order(wanted: ModuleVersionName[], graph: Graph) {
  return orderModules(
    wanted,
    (name) => graph[name] ?? [],
    (name) => Object.hasOwn(graph, name),
  )
}

function ring(length: number): Graph {
  return Object.fromEntries(
    Array.from({ length }, (_, i) => [`m${i}@v1`, [`m${(i + 1) % length}@v1` as ModuleVersionName]]),
  )
}

describe('the order of modules', () => {
  const cases: [string, ModuleVersionName[], Graph, ModuleVersionName[]][] = [
    ['nothing wanted gives nothing', [], { 'a@v1': [] }, []],
    ['a module without dependencies is not dropped', ['a@v1'], { 'a@v1': [] }, ['a@v1']],
    ['a dependency comes first', ['a@v1'], { 'a@v1': ['b@v1'], 'b@v1': [] }, ['b@v1', 'a@v1']],
    [
      'a diamond loads its far end once',
      ['a@v1'],
      { 'a@v1': ['b@v1', 'c@v1'], 'b@v1': ['d@v1'], 'c@v1': ['d@v1'], 'd@v1': [] },
      ['d@v1', 'b@v1', 'c@v1', 'a@v1'],
    ],
    ['what nobody wants is left out', ['a@v1'], { 'a@v1': [], 'z@v1': [] }, ['a@v1']],
    ['versions of one module are modules apart', ['a@v2'], { 'a@v2': ['a@v1'], 'a@v1': [] }, ['a@v1', 'a@v2']],
    ['a dependency named twice counts once', ['a@v1'], { 'a@v1': ['b@v1', 'b@v1'], 'b@v1': [] }, ['b@v1', 'a@v1']],
  ]
  for (const [behaviour, wanted, graph, expected] of cases) {
    test(behaviour, () => assert.deepEqual(order(wanted, graph), { order: expected, faults: [] }))
  }

  test('it does not depend on how the lists are arranged', () => {
    const graph: Graph = { 'a@v1': ['c@v1', 'b@v10', 'b@v2'], 'b@v2': [], 'b@v10': ['c@v1'], 'c@v1': [], 'd@v1': [] }
    const turned = Object.fromEntries(
      Object.entries(graph).map(([name, to]) => [name, to.toReversed()]),
    ) as unknown as Graph
    assert.deepEqual(order(['d@v1', 'a@v1'], graph), order(['a@v1', 'd@v1', 'a@v1'], turned))
  })

  test('each of 2,000 random graphs comes out with every dependency before its dependent', () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    for (let round = 0; round < 2000; round++) {
      const size = 1 + random(12)
      const graph: Graph = {}
      for (let i = 0; i < size; i++) {
        graph[`m${i}@v1`] = Array.from({ length: i === 0 ? 0 : random(3) }, () => `m${random(i)}@v1` as const)
      }
      const { order: found } = order(Object.keys(graph) as ModuleVersionName[], graph)
      assert.equal(found.length, size)
      for (const [i, name] of found.entries()) {
        for (const to of graph[name] ?? []) assert.ok(found.indexOf(to) < i, `${to} before ${name}`)
      }
    }
  })

  test('a chain of 10,000 is ordered, and a ring of 10,000 is reported whole', () => {
    const chain: Graph = { ...ring(10_000), 'm9999@v1': [] }
    const { order: found } = order(['m0@v1'], chain)
    assert.equal(found.length, 10_000)
    assert.equal(found[0], 'm9999@v1')
    const [fault] = order(['m0@v1'], ring(10_000)).faults
    assert.equal(fault?.message.split(' → ').length, 10_001)
  })
})

describe('cycles', () => {
  const cases: [string, ModuleVersionName[], Graph, string[]][] = [
    ['of one', ['a@v1'], { 'a@v1': ['a@v1'] }, ['a@v1 → a@v1']],
    ['of two', ['b@v1'], { 'a@v1': ['b@v1'], 'b@v1': ['a@v1'] }, ['a@v1 → b@v1 → a@v1']],
    [
      'of three, below what is wanted',
      ['z@v1'],
      { 'z@v1': ['b@v1'], 'a@v1': ['b@v1'], 'b@v1': ['c@v1'], 'c@v1': ['a@v1'] },
      ['a@v1 → b@v1 → c@v1 → a@v1'],
    ],
    ['of ten', ['m4@v1'], ring(10), [[...Array(10).keys(), 0].map((i) => `m${i}@v1`).join(' → ')]],
    [
      'two that share a module are both shown',
      ['a@v1'],
      { 'a@v1': ['b@v1', 'c@v1'], 'b@v1': ['a@v1'], 'c@v1': ['a@v1'] },
      ['a@v1 → b@v1 → a@v1', 'a@v1 → c@v1 → a@v1'],
    ],
    [
      'two apart are both shown',
      ['a@v1', 'c@v1'],
      { 'a@v1': ['a@v1'], 'c@v1': ['d@v1'], 'd@v1': ['c@v1'] },
      ['a@v1 → a@v1', 'c@v1 → d@v1 → c@v1'],
    ],
  ]
  for (const [behaviour, wanted, graph, paths] of cases) {
    test(behaviour, () => {
      const { order: found, faults } = order(wanted, graph)
      assert.deepEqual(found, [])
      assert.deepEqual(
        faults.map((fault) => fault.message).sort(),
        paths.map((path) => `depends on itself: ${path}`),
      )
    })
  }
})

test('a missing dependency is reported once, with all that need it', () => {
  const { faults } = order(['a@v1', 'c@v1', 'e@v3'], { 'a@v1': ['b@v1'], 'c@v1': ['a@v1', 'b@v1'], 'b@v2': [] })
  assert.deepEqual(
    faults.map(({ path, message }) => ({ path, message })),
    [
      { path: 'b@v1', message: 'no plugin and no package provides b@v1, which a@v1, c@v1 depend on' },
      { path: 'e@v3', message: 'no plugin and no package provides e@v3' },
    ],
  )
})

test('of all module versions, only those that lead to a cycle or a gap are unsound', () => {
  const graph: Graph = {
    'sound@v1': ['base@v1'],
    'base@v1': [],
    'x@v1': ['y@v1'],
    'y@v1': ['x@v1'],
    'above@v1': ['x@v1', 'base@v1'],
    'gap@v1': ['gone@v1'],
  }
  const unsound = unsoundModules(
    Object.keys(graph) as ModuleVersionName[],
    (name) => graph[name] ?? [],
    (name) => name in graph,
  )
  const sentences = Object.fromEntries([...unsound].map(([name, fault]) => [name, fault.message]))
  const cycle = 'depends on itself: x@v1 → y@v1 → x@v1'
  const gone = 'no plugin and no package provides gone@v1, which gap@v1 depends on'
  assert.deepEqual(sentences, { 'x@v1': cycle, 'y@v1': cycle, 'above@v1': cycle, 'gap@v1': gone, 'gone@v1': gone })
})

test('a row of the catalog holds for every version of its module, united with what a version declares', () => {
  const dependencies = uniteDependencies(new Map([['a', ['b@v1']]]), (name) => (name === 'a@v2' ? ['c@v1'] : []))
  assert.deepEqual(dependencies('a@v1'), ['b@v1'])
  assert.deepEqual(dependencies('a@v2'), ['b@v1', 'c@v1'])
  assert.deepEqual(dependencies('b@v1'), [])
})

test('module versions sort by name, then by number', () => {
  const names: ModuleVersionName[] = ['b@v1', 'a@v10', 'a@v2', 'a-b@v1']
  assert.deepEqual(names.sort(compareModuleVersions), ['a@v2', 'a@v10', 'a-b@v1', 'b@v1'])
})
