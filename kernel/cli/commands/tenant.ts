import { type Command, InvalidArgumentError } from 'commander'
import { formatModuleVersion, type ModuleVersion, parseModuleVersion, type TenantId } from '../../names.js'
import type { Act } from '../invocation.js'
import { withCatalog } from '../open-kernel.js'
import { printResult, table } from '../output.js'
import { readSecret } from '../read-secret.js'
import { parseTenant } from '../targets.js'
import { addBrokerUser, describeOutcome, removeBrokerUser, statusOf } from '../tenant-broker-user.js'

/** `otherwise`: there was nothing to do, which is no failure. */
const SUBSCRIPTION_COMMANDS = [
  {
    name: 'subscribe',
    done: 'is subscribed to',
    otherwise: 'is already subscribed to',
    description: 'subscribes a tenant to a module version',
  },
  {
    name: 'unsubscribe',
    done: 'is unsubscribed from',
    otherwise: 'was not subscribed to',
    description: 'ends a subscription; the tables of the module stay',
  },
] as const

const SUSPENSION_COMMANDS = [
  {
    name: 'suspend',
    suspended: true,
    done: 'is suspended',
    otherwise: 'is already suspended',
    description: 'answers a tenant 403 and runs none of its cron jobs, until it is resumed',
  },
  {
    name: 'resume',
    suspended: false,
    done: 'is served again',
    otherwise: 'was not suspended',
    description: 'serves a suspended tenant again',
  },
] as const

/** `m3saas tenant list|add|remove|retention|subscribe|unsubscribe|suspend|resume` */
export function addTenantCommands(program: Command, act: Act): void {
  const tenant = program.command('tenant').description('lists, adds, removes, subscribes and suspends tenants')
  addList(tenant, act)
  addAdd(tenant, act)
  addRemove(tenant, act)
  addRetention(tenant, act)
  for (const { name, done, otherwise, description } of SUBSCRIPTION_COMMANDS) {
    tenant
      .command(name)
      .description(description)
      .argument('<tenant>', 'the id of the tenant', parseTenant)
      .argument('<module>', 'a module version, such as notes@v1', moduleVersion)
      .action((id: TenantId, module: ModuleVersion, _options: object, self: Command) =>
        act(self, (invocation) =>
          withCatalog(invocation, async (kernel) => {
            const changed = await kernel.catalogChanges[name](id, module)
            const result = {
              tenant: id,
              module: formatModuleVersion(module.name, module.version),
              [`${name}d`]: true,
              changed,
            }
            const text = `tenant ${id} ${changed ? done : otherwise} ${result.module}`
            printResult(invocation.terminal, invocation.json, result, text)
            return 0
          }),
        ),
      )
  }
  for (const { name, suspended, done, otherwise, description } of SUSPENSION_COMMANDS) {
    tenant
      .command(name)
      .description(description)
      .argument('<tenant>', 'the id of the tenant', parseTenant)
      .action((id: TenantId, _options: object, self: Command) =>
        act(self, (invocation) =>
          withCatalog(invocation, async (kernel) => {
            const changed = await kernel.catalogChanges[name](id)
            const text = `tenant ${id} ${changed ? done : otherwise}`
            printResult(invocation.terminal, invocation.json, { tenant: id, suspended, changed }, text)
            return 0
          }),
        ),
      )
  }
}

function addList(tenant: Command, act: Act): void {
  tenant
    .command('list')
    .description('lists the tenants with their states and subscriptions')
    .action((_options: object, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const tenants = await kernel.listTenants(1_000_000)
          const rows = tenants.map(({ id, name, user, suspended, subscriptions }) => [
            String(id),
            name,
            user,
            suspended ? 'suspended' : 'active',
            subscriptions.join(' '),
          ])
          const text =
            tenants.length === 0 ? 'no tenants' : table([['id', 'name', 'user', 'state', 'subscriptions'], ...rows])
          printResult(invocation.terminal, invocation.json, tenants, text)
          return 0
        }),
      ),
    )
}

interface AddOptions {
  readonly id?: TenantId
  readonly user?: string
  readonly passwordStdin?: boolean
  readonly perDayBackups?: number
  readonly maxBackups?: number
}

function addAdd(tenant: Command, act: Act): void {
  tenant
    .command('add')
    .description('adds a tenant; its database is made when it is first called or migrated')
    .argument('<name>', 'the name, which is that of its database too')
    .option('--id <id>', 'the id in its URL (default: the next free one)', parseTenant)
    .option('--user <user>', 'the name of its database user (default: the name)')
    .option(
      '--password-stdin',
      'read the password from standard input (default: a random one, which nobody needs to know)',
    )
    .option('--per-day-backups <n>', 'backups kept of one day', integer)
    .option('--max-backups <n>', 'backups kept in all', integer)
    .action((name: string, options: AddOptions, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const { passwordStdin, user = name, ...rest } = options
          const password = passwordStdin ? await readSecret(invocation.terminal.stdin) : undefined
          const id = await kernel.catalogChanges.add({
            name,
            user,
            ...rest,
            ...(password === undefined ? {} : { password }),
          })
          const mqtt = await addBrokerUser(kernel.root, kernel.config.mqtt, name)
          const text = `added tenant ${id}, ${name}${describeOutcome(mqtt)}`
          printResult(invocation.terminal, invocation.json, { id, name, user, ...(mqtt ? { mqtt } : {}) }, text)
          return statusOf(invocation, mqtt)
        }),
      ),
    )
}

function addRemove(tenant: Command, act: Act): void {
  tenant
    .command('remove')
    .description('takes a tenant and its subscriptions out of the catalog; its database stays')
    .argument('<tenant>', 'the id of the tenant', parseTenant)
    .action((id: TenantId, _options: object, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const { name, user } = await kernel.catalogChanges.remove(id)
          const mqtt = await removeBrokerUser(kernel.root, kernel.config.mqtt, name)
          const stays = `its database ${name} stays, and would be that of a new tenant of this name`
          const text = `removed tenant ${id}, ${name}: ${stays}${describeOutcome(mqtt)}`
          const result = { id, name, user, removed: true, database: name, ...(mqtt ? { mqtt } : {}) }
          printResult(invocation.terminal, invocation.json, result, text)
          return statusOf(invocation, mqtt)
        }),
      ),
    )
}

interface RetentionOptions {
  readonly perDayBackups?: number
  readonly maxBackups?: number
}

function addRetention(tenant: Command, act: Act): void {
  tenant
    .command('retention')
    .description('changes how many backups of a tenant are kept; without an option tells it')
    .argument('<tenant>', 'the id of the tenant', parseTenant)
    .option('--per-day-backups <n>', 'backups kept of one day; less than 1: all', integer)
    .option('--max-backups <n>', 'backups kept in all; less than 1: all', integer)
    .action((id: TenantId, { perDayBackups, maxBackups }: RetentionOptions, self: Command) =>
      act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const rule = await kernel.catalogChanges.retain(id, {
            ...(perDayBackups === undefined ? {} : { perDay: perDayBackups }),
            ...(maxBackups === undefined ? {} : { max: maxBackups }),
          })
          const counted = (count: number) => (count < 1 ? 'all' : String(count))
          const backups = rule.perDay < 1 ? 'all backups of a day' : `${rule.perDay} of the backups of a day`
          const text = `tenant ${id} keeps ${backups}, and ${counted(rule.max)} in all`
          const result = { id, perDayBackups: rule.perDay, maxBackups: rule.max }
          printResult(invocation.terminal, invocation.json, result, text)
          return 0
        }),
      ),
    )
}

function moduleVersion(text: string): ModuleVersion {
  const module = parseModuleVersion(text)
  if (!module) throw new InvalidArgumentError('A module version looks like notes@v1.')
  return module
}

function integer(text: string): number {
  if (!/^-?\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be an integer.')
  return Number(text)
}
