import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { makeAppRoot } from '../modules/app-root.js'
import { callCommand, runCommand } from '../support/command.js'

/** Every command that does something, with arguments that it takes. */
const commands: readonly (readonly string[])[] = [
  ['start'],
  ['migrate', '1'],
  ['migrate', 'force', '1'],
  ['migrate', 'seed', '1'],
  ['migrate', 'deseed', '1'],
  ['migrate', 'down', '1'],
  ['plan', '1'],
  ['seed', '1'],
  ['deseed', '1'],
  ['backup', '1'],
  ['backup', 'list'],
  ['backup', 'history', 'catalog'],
  ['backup', 'delete', 'shop-2026-11-27T21-02-03.456Z.backup.gz'],
  ['backup', 'read', 'shop-2026-11-27T21-02-03.456Z.backup.gz'],
  ['restore', '1', '--dry-run'],
  ['cron'],
  ['cron', 'list'],
  ['cron', 'runs', '1'],
  ['cron', 'run', '1', 'notes@v1', 'purge'],
  ['tenant', 'list'],
  ['tenant', 'add', 'third_tenant'],
  ['tenant', 'subscribe', '1', 'notes@v1'],
  ['tenant', 'unsubscribe', '1', 'notes@v1'],
  ['tenant', 'retention', '1'],
  ['tenant', 'suspend', '1'],
  ['tenant', 'resume', '1'],
  ['module', 'list'],
  ['module', 'graph'],
]

/** What is wrong with a command line, and what is said of it. */
const misuses: readonly (readonly [readonly string[], string])[] = [
  [['serve'], "unknown command 'serve'"],
  [['tenants'], "unknown command 'tenants'\n(Did you mean tenant?)"],
  [['tenant', 'delete'], "unknown command 'delete'"],
  [['start', '--verbose'], "unknown option '--verbose'"],
  [['start', 'now'], "too many arguments for 'start'. Expected 0 arguments but got 1."],
  [['tenant', 'list', '--root'], "option '--root <dir>' argument missing"],
  [['tenant', 'add'], "missing required argument 'name'"],
  [['tenant', 'subscribe', '1'], "missing required argument 'module'"],
  [
    ['tenant', 'subscribe', 'one', 'notes@v1'],
    "command-argument value 'one' is invalid for argument 'tenant'. A tenant is named by its positive integer, such as 1.",
  ],
  [
    ['tenant', 'subscribe', '1', 'notes'],
    "command-argument value 'notes' is invalid for argument 'module'. A module version looks like notes@v1.",
  ],
  [
    ['tenant', 'add', 'x', '--id', '01'],
    "option '--id <id>' argument '01' is invalid. A tenant is named by its positive integer, such as 1.",
  ],
  [
    ['tenant', 'add', 'x', '--max-backups', 'many'],
    "option '--max-backups <n>' argument 'many' is invalid. It must be an integer.",
  ],
  [['tenant', 'suspend'], "missing required argument 'tenant'"],
  [
    ['tenant', 'resume', 'all'],
    "command-argument value 'all' is invalid for argument 'tenant'. A tenant is named by its positive integer, such as 1.",
  ],
  [['plan'], "missing required argument 'target'"],
  [['migrate', 'force'], "missing required argument 'target'"],
  [
    ['migrate', 'all'],
    `command-argument value 'all' is invalid for argument 'target'. A target is the id of a tenant, such as 1, or "catalog".`,
  ],
  [['seed', '1', '--force'], "unknown option '--force'"],
  [['migrate', '1', '--force'], "unknown option '--force'"],
  [['migrate', '1', '--all'], 'option \'--all\' goes with "m3saas migrate --all" alone'],
  [['migrate', '--all', 'force', '1'], 'option \'--all\' goes with "m3saas migrate --all" alone'],
  [['migrate', 'seed', '1', '--all'], "unknown option '--all'"],
  [['migrate', '--parallel', '2'], 'option \'--parallel <n>\' goes with "m3saas migrate --all" alone'],
  [
    ['migrate', '--all', '--parallel', '0'],
    "option '--parallel <n>' argument '0' is invalid. It must be an integer, 1 to 256.",
  ],
  [['backup'], 'name one target, or --all'],
  [['backup', '1', '--all'], 'name one target, or --all'],
  [['backup', '--all', '--format', 'sql'], "option '--format <format>' does not go with --all"],
  [
    ['backup', '1', '--format', 'zip'],
    "option '--format <format>' argument 'zip' is invalid. Allowed choices are archive, sql.",
  ],
  [
    ['backup', 'all'],
    `command-argument value 'all' is invalid for argument 'target'. A target is the id of a tenant, such as 1, or "catalog".`,
  ],
  [['backup', '1', '2'], "too many arguments for 'backup'. Expected 1 argument but got 2."],
  [['backup', 'delete'], "missing required argument 'name'"],
  [['backup', 'read'], "missing required argument 'name'"],
  [
    ['backup', 'history', '--most', '0'],
    "option '--most <n>' argument '0' is invalid. It must be a whole number from 1 to 1000.",
  ],
  [['restore'], "missing required argument 'target'"],
  [
    ['restore', '../shop'],
    `command-argument value '../shop' is invalid for argument 'target'. It is the id of a tenant, such as 1, "catalog", or the name of a database.`,
  ],
  [
    ['restore', '1', '--at', 'yesterday'],
    "option '--at <backup>' argument 'yesterday' is invalid. It must be a date, such as 2026-11-27, or the name of a backup.",
  ],
  [
    ['restore', '1', '--as', 'no-name'],
    "option '--as <tenant>' argument 'no-name' is invalid. It is the id of a tenant, such as 2, or a name for a new one.",
  ],
  [
    ['restore', '1', '--as', '2', '--subscriptions', 'none'],
    "option '--subscriptions <which>' goes with a new tenant, --as <name>",
  ],
  [
    ['tenant', 'retention', '1', '--max-backups', '1.5'],
    "option '--max-backups <n>' argument '1.5' is invalid. It must be an integer.",
  ],
  [['cron', 'now'], "too many arguments for 'cron'. Expected 0 arguments but got 1."],
  [
    ['cron', '--now', '2026-02-30T07:30'],
    "option '--now <moment>' argument '2026-02-30T07:30' is invalid. It must be a date and time of ISO 8601 from 1970 on, such as 2026-12-01T07:30 in the configured timeZone, or with Z or an offset.",
  ],
  [['cron', '--dry-run', 'list'], "option '--dry-run' stands before a command that it is not meant for"],
  [
    ['cron', '--now', '2026-12-01T07:30', 'run', '1', 'notes@v1', 'purge'],
    "option '--now <moment>' stands before a command that it is not meant for",
  ],
  [['cron', 'list', '--dry-run'], "unknown option '--dry-run'"],
  [['cron', 'runs'], "missing required argument 'target'"],
  [
    ['cron', 'runs', '1', '--most', '1001'],
    "option '--most <n>' argument '1001' is invalid. It must be a whole number from 1 to 1000.",
  ],
  [
    ['cron', 'runs', '1', '--job', ''],
    "option '--job <job>' argument '' is invalid. It must be the name of a job, such as notes@v1/purge.",
  ],
  [
    ['cron', 'run', 'all', 'notes@v1', 'purge'],
    `command-argument value 'all' is invalid for argument 'target'. A target is the id of a tenant, such as 1, or "catalog".`,
  ],
  [
    ['cron', 'run', '1', 'notes', 'purge'],
    `command-argument value 'notes' is invalid for argument 'module'. A module version looks like notes@v1; jobs of the kernel itself are those of "kernel".`,
  ],
  [['cron', 'run', '1', 'notes@v1'], "missing required argument 'job'"],
  [['migrate', 'down', '1'], "required option '--to <migration>' not specified"],
]

for (const [args, message] of misuses) {
  test(`m3saas ${args.join(' ')}: status 2, one message, and nothing is touched`, async (t) => {
    const cwd = await makeAppRoot(t)
    const stderr = `m3saas: ${message}\n(add --help for the usage)\n`
    assert.deepEqual(await callCommand(args, { cwd }), { status: 2, stdout: '', stderr })
    const asJson = await callCommand([...args, '--json'], { cwd })
    if (args.includes('--root')) return
    assert.deepEqual([asJson.status, asJson.stdout], [2, ''])
    assert.deepEqual(JSON.parse(asJson.stderr), { code: 'BAD_REQUEST', message })
    assert.deepEqual(await readdir(cwd), ['node_modules'])
  })
}

for (const args of [[], ['tenant'], ['module']]) {
  test(`${['m3saas', ...args].join(' ')} alone: the usage, with status 2`, async () => {
    const { status, stdout, stderr } = await callCommand(args, { cwd: '/' })
    assert.deepEqual([status, stdout], [2, ''])
    assert.ok(stderr.startsWith(`Usage: ${['m3saas', ...args].join(' ')} [options] [command]\n`), stderr)
  })
}

/** Whether the second word is no argument but names a command. */
const isCommand = ([first = '', second = '']: readonly string[]) =>
  ['tenant', 'module', 'cron'].includes(first) ||
  (first === 'backup' && second !== '1') ||
  (first === 'migrate' && second !== '1')

test('--help of every command: its usage with --root and --json, and status 0', async () => {
  for (const args of commands) {
    const names = args.filter((_word, i) => i === 0 || (i === 1 && isCommand(args)))
    const { status, stdout, stderr } = await callCommand([...names, '--help'], { cwd: '/' })
    assert.deepEqual([status, stderr], [0, ''], names.join(' '))
    assert.ok(stdout.startsWith(`Usage: m3saas ${names.join(' ')} [options]`), stdout)
    for (const option of ['--root <dir>', '--json', '-h, --help']) assert.ok(stdout.includes(option), stdout)
  }
})

test('--help of m3saas lists every command, from anywhere', async () => {
  const { status, stdout, stderr } = await runCommand(['--help'], { cwd: '/' })
  assert.deepEqual([status, stderr], [0, ''])
  for (const name of new Set(commands.map(([first]) => first))) assert.match(stdout, new RegExp(`^  ${name} `, 'm'))
})

test('the process itself ends with status 2', async () => {
  const { status } = await runCommand(['serve'], { cwd: '/' })
  assert.equal(status, 2)
})
