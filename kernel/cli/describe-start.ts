import { messageOf } from '../errors.js'
import type { Kernel } from '../kernel.js'
import type { RunningServer } from '../server.js'

/** How many tenants are named at a start; a deployment may have thousands. */
const SHOWN = 3

/** What a start prints first: the address, and where the ops token is. */
export function describeServer({ url, tokenPlace }: RunningServer): string {
  return `M3SaaS serves ${url}\nThe ops token is in ${tokenPlace}`
}

/** What it prints then: routes to try of the first tenant, which is built for it, and who the next ones are. */
export async function describeRoutes(kernel: Kernel, server: RunningServer): Promise<string> {
  const tenants = await kernel.listTenants(SHOWN)
  const [first] = tenants
  if (!first) return 'There is no tenant yet: m3saas tenant add <name>, or seeds/tenants.seed.ts'
  const lines = ['Try:']
  try {
    for (const route of await kernel.routesOf(first.id))
      lines.push(`  ${route.method.padEnd(6)} ${server.url}${route.path}`)
  } catch (error) {
    lines.push(`  tenant ${first.id} cannot be served: ${messageOf(error)}`)
  }
  for (const { id, name, subscriptions } of tenants.slice(1)) {
    lines.push(`  tenant ${id}, ${name}: ${subscriptions.join(', ') || 'no subscriptions'}`)
  }
  lines.push(`  GET    ${server.url}/health/ready`, `  GET    ${server.url}/modules (with the ops token)`)
  return lines.join('\n')
}
