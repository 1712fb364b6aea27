import type { TenantSummary } from '../catalog/read.js'
import { messageOf } from '../errors.js'
import type { Kernel } from '../kernel.js'
import type { RunningServer } from '../server.js'

/** How many tenants are named at a start; a deployment may have thousands. */
const SHOWN = 3

/** What a start prints: the address, where the ops token is, and routes to try of the first tenants. */
export async function describeStart(kernel: Kernel, server: RunningServer): Promise<string> {
  const [first, ...others] = await kernel.listTenants(SHOWN)
  const { sub_directory } = kernel.config
  const base = sub_directory === '' ? server.url : `${server.url}/${sub_directory}`
  return [
    `M3SaaS serves ${base}`,
    `The ops token is in ${server.tokenPlace}`,
    ...(first
      ? await describeRoutes(kernel, server, first)
      : ['There is no tenant yet: m3saas tenant add <name>, or seeds/tenants.seed.ts']),
    ...others.map(
      ({ id, name, subscriptions }) => `Tenant ${id}, ${name}: ${subscriptions.join(', ') || 'no modules'}`,
    ),
    'For those who run it:',
    `  GET    ${base}/health/ready`,
    `  GET    ${base}/modules (with the ops token)`,
  ].join('\n')
}

async function describeRoutes(kernel: Kernel, server: RunningServer, { id, name }: TenantSummary): Promise<string[]> {
  try {
    const routes = await kernel.routesOf(id)
    if (routes.length === 0) return [`Tenant ${id}, ${name}: no routes yet: m3saas tenant subscribe ${id} <module>@v1`]
    return [
      `Try, of tenant ${id}, ${name}:`,
      ...routes.map(({ method, path }) => `  ${method.padEnd(6)} ${server.url}${path}`),
    ]
  } catch (error) {
    return [`Tenant ${id}, ${name}, cannot be served: ${messageOf(error)}`]
  }
}
