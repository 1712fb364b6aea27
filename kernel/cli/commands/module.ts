import type { Command } from 'commander'
import { describeFaults } from '../../errors.js'
import type { Act } from '../invocation.js'
import { withCatalog, withKernel } from '../open-kernel.js'
import { printResult, table } from '../output.js'

/** `m3saas module list|graph` */
export function addModuleCommands(program: Command, act: Act): void {
  const module = program.command('module').description('shows the modules and what depends on what')
  module
    .command('list')
    .description('lists every module version, where it comes from and whether it loads')
    .action((_options: object, self: Command) =>
      act(self, (invocation) =>
        withKernel(invocation, async (kernel) => {
          const { versions, faults } = await kernel.moduleStatus()
          const rows = versions.map(({ name, origin, state, reason }) => [name, state, origin, reason ?? ''])
          const left = versions.flatMap(({ name, cronFaults = [] }) =>
            cronFaults.map(({ path, message }) => ({ path: path === '' ? name : `${name}/${path}`, message })),
          )
          const text = [
            versions.length === 0 ? 'no modules' : table([['module', 'state', 'from', ''], ...rows]),
            ...(faults.length === 0 ? [] : ['not loaded:', describeFaults(faults)]),
            ...(left.length === 0 ? [] : ['cron jobs left out:', describeFaults(left)]),
          ].join('\n')
          printResult(invocation.terminal, invocation.json, { versions, faults }, text)
          return 0
        }),
      ),
    )
  module
    .command('graph')
    .description('prints the module versions in the order of loading, with what each depends on')
    .action((_options: object, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const graph = await kernel.moduleGraph()
          const lines = graph.order.map(({ name, dependsOn }) =>
            dependsOn.length === 0 ? name : `${name} → ${dependsOn.join(', ')}`,
          )
          const text = [...lines, ...(graph.faults.length === 0 ? [] : ['faults:', describeFaults(graph.faults)])].join(
            '\n',
          )
          printResult(invocation.terminal, invocation.json, graph, text || 'no modules')
          return graph.faults.length === 0 ? 0 : 1
        }),
      ),
    )
}
