import type { TenantSummary } from '../catalog/read.js'
import { messageOf } from '../errors.js'
import type { Kernel } from '../kernel.js'
import type { RunningServer } from '../server.js'

/** How many tenants are named at a start; a deployment may have thousands. */
const SHOWN = 3

/** What a start prints first: the address, where the ops token is, and where its own broker listens. */
export function describeServer(kernel: Kernel, { url, tokenPlace }: RunningServer): string {
  const { listeners } = kernel.mqtt
  return [
    `M3SaaS serves ${baseOf(kernel, url)}`,
    `The ops token is in ${tokenPlace}`,
    ...(listeners.length > 0 ? [`MQTT is served at ${listeners.join(' and ')}`] : []),
  ].join('\n')
}

/** What it prints then: routes to try of the first tenant, which is built for it, and who the next ones are. */
export async function describeRoutes(kernel: Kernel, { url }: RunningServer): Promise<string> {
  const [first, ...others] = await kernel.listTenants(SHOWN)
  const base = baseOf(kernel, url)
  return [
    ...(first
      ? await describeTenant(kernel, url, first)
      : ['There is no tenant yet: m3saas tenant add <name>, or seeds/tenants.seed.ts']),
    ...others.map(
      ({ id, name, subscriptions }) => `Tenant ${id}, ${name}: ${subscriptions.join(', ') || 'no modules'}`,
    ),
    'For those who run it:',
    `  GET    ${base}/health/ready`,
    `  GET    ${base}/modules (with the ops token)`,
  ].join('\n')
}

function baseOf({ config }: Kernel, url: string): string {
  return config.sub_directory === '' ? url : `${url}/${config.sub_directory}`
}

async function describeTenant(kernel: Kernel, url: string, { id, name }: TenantSummary): Promise<string[]> {
  try {
    const routes = await kernel.routesOf(id)
    if (routes.length === 0) return [`Tenant ${id}, ${name}: no routes yet: m3saas tenant subscribe ${id} <module>@v1`]
    return [
      `Try, of tenant ${id}, ${name}:`,
      ...routes.map(({ method, path }) => `  ${method.padEnd(6)} ${url}${path}`),
    ]
  } catch (error) {
    return [`Tenant ${id}, ${name}, cannot be served: ${messageOf(error)}`]
  }
}
