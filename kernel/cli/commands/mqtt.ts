import { type Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../../config/load-config.js'
import { M3Error } from '../../errors.js'
import { SCOPED_ROLE } from '../../mqtt/credentials/new-file.js'
import { fromBase64, hashPassword, MOST_ITERATIONS, randomPassword } from '../../mqtt/credentials/password.js'
import { BrokerUsers } from '../../mqtt/credentials/users.js'
import type { Act, Invocation } from '../invocation.js'
import { printResult, table } from '../output.js'
import { readSecret } from '../read-secret.js'

interface PasswordOptions {
  readonly passwordStdin?: boolean
}

const FROM_STDIN = 'read the password from standard input'
const RANDOM = `${FROM_STDIN} (default: a random one, which is printed)`

/** `m3saas mqtt hash-password|user`: of the file of broker users alone, no database is opened. */
export function addMqttCommands(program: Command, act: Act): void {
  const mqtt = program.command('mqtt').description('hashes passwords and keeps the users of the message broker')
  addHashPassword(mqtt, act)
  const user = mqtt.command('user').description('lists, adds and removes the users of the message broker')
  addAdd(user, act)
  addRemove(user, act)
  addList(user, act)
  addPasswd(user, act)
}

async function brokerUsersOf({ root, environment }: Invocation): Promise<BrokerUsers> {
  return new BrokerUsers(root, (await loadConfig(root, environment)).mqtt)
}

interface HashOptions extends PasswordOptions {
  readonly salt?: Buffer
  readonly iterations?: number
}

function addHashPassword(mqtt: Command, act: Act): void {
  mqtt
    .command('hash-password')
    .description('prints what stands for a password in credentials.xml')
    .argument('[password]', 'the password; other users of the machine see it there: --password-stdin hides it')
    .option('--password-stdin', FROM_STDIN)
    .option('--salt <base64>', 'the salt (default: 32 random bytes)', salt)
    .option('--iterations <n>', 'how often it is hashed (default: mqtt.hashIterations)', iterations)
    .action((argument: string | undefined, options: HashOptions, self: Command) => {
      if ((argument === undefined) === !options.passwordStdin) {
        self.error('error: name the password, or give it by --password-stdin')
      }
      return act(self, async ({ terminal, root, json, environment }) => {
        const password = argument ?? (await readSecret(terminal.stdin))
        if (password === '') throw new M3Error('BAD_REQUEST', 'The password must not be empty')
        const hash = await hashPassword(password, {
          iterations: options.iterations ?? (await loadConfig(root, environment)).mqtt.hashIterations,
          ...(options.salt ? { salt: options.salt } : {}),
        })
        printResult(terminal, json, { hash }, hash)
        return 0
      })
    })
}

function addAdd(user: Command, act: Act): void {
  user
    .command('add')
    .description('adds a broker user; running brokers let it in within seconds')
    .argument('<name>', 'the name, below which its topics are')
    .option('--role <id>', `a role of the file; may be given again (default: ${SCOPED_ROLE})`, collect)
    .option('--password-stdin', RANDOM)
    .action((name: string, { role = [SCOPED_ROLE], passwordStdin }: PasswordOptions & { role?: string[] }, self) =>
      act(self, async (invocation) => {
        const users = await brokerUsersOf(invocation)
        const password = await readPassword(invocation, passwordStdin)
        await users.add(name, role, password)
        printUser(invocation, { user: name, roles: role }, `added the broker user ${name}`, password, passwordStdin)
        return 0
      }),
    )
}

function addRemove(user: Command, act: Act): void {
  user
    .command('remove')
    .description('removes a broker user')
    .argument('<name>', 'its name')
    .action((name: string, _options: object, self: Command) =>
      act(self, async (invocation) => {
        await (await brokerUsersOf(invocation)).remove(name)
        const { terminal, json } = invocation
        printResult(terminal, json, { user: name, removed: true }, `removed the broker user ${name}`)
        return 0
      }),
    )
}

function addList(user: Command, act: Act): void {
  user
    .command('list')
    .description('lists the broker users with their roles')
    .action((_options: object, self: Command) =>
      act(self, async (invocation) => {
        const users = await (await brokerUsersOf(invocation)).list()
        const rows = users.map(({ name, roles }) => [name, roles.join(' ')])
        const text = users.length === 0 ? 'no broker users' : table([['name', 'roles'], ...rows])
        printResult(invocation.terminal, invocation.json, users, text)
        return 0
      }),
    )
}

function addPasswd(user: Command, act: Act): void {
  user
    .command('passwd')
    .description('gives a broker user another password')
    .argument('<name>', 'its name')
    .option('--password-stdin', RANDOM)
    .action((name: string, { passwordStdin }: PasswordOptions, self: Command) =>
      act(self, async (invocation) => {
        const users = await brokerUsersOf(invocation)
        const password = await readPassword(invocation, passwordStdin)
        await users.setPassword(name, password)
        const text = `the broker user ${name} has another password`
        printUser(invocation, { user: name, changed: true }, text, password, passwordStdin)
        return 0
      }),
    )
}

async function readPassword({ terminal }: Invocation, fromStdin = false): Promise<string> {
  return fromStdin ? readSecret(terminal.stdin) : randomPassword()
}

/** A password that was made here is shown this once; one that was given is known. */
function printUser(
  { terminal, json }: Invocation,
  result: object,
  text: string,
  password: string,
  wasGiven = false,
): void {
  if (wasGiven) printResult(terminal, json, result, text)
  else printResult(terminal, json, { ...result, password }, `${text}\npassword: ${password}`)
}

function collect(role: string, earlier: string[] = []): string[] {
  return [...earlier, role]
}

function salt(text: string): Buffer {
  const bytes = fromBase64(text)
  if (!bytes || bytes.length === 0) throw new InvalidArgumentError('It must be base64, of at least one byte.')
  return bytes
}

function iterations(text: string): number {
  const number = /^[1-9]\d{0,7}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > MOST_ITERATIONS) {
    throw new InvalidArgumentError(`It must be an integer from 1 to ${MOST_ITERATIONS}.`)
  }
  return number
}
