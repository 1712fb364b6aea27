import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Command, CommanderError } from 'commander'
import { M3Error } from '../errors.js'
import { addBackupCommands } from './commands/backup.js'
import { addCronCommands } from './commands/cron.js'
import { addInitCommand } from './commands/init.js'
import { addMigrateCommands } from './commands/migrate.js'
import { addModuleCommands } from './commands/module.js'
import { addMqttCommands } from './commands/mqtt.js'
import { addPruneCommand } from './commands/prune.js'
import { addRestoreCommand } from './commands/restore.js'
import { addStartCommand } from './commands/start.js'
import { addTenantCommands } from './commands/tenant.js'
import type { Act } from './invocation.js'
import { printError, printMisuse } from './output.js'
import type { Terminal } from './terminal.js'

/** Runs one command line and gives its exit status: 0 done, 1 it failed, 2 it was called wrongly. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0
  const program = new Command('m3saas')
    .description('One API for many customers: a database for every tenant, business logic in versioned modules.')
    .version(versionOfPackage(), '--version', 'print the version of m3saas')
    // What stands behind the name of a command is that command's, here and in groups that are commands themselves.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text) => printMisuse(terminal, args.includes('--json'), text),
    })
  const act: Act = async (command, work) => {
    const { root, json = false } = command.optsWithGlobals<{ root?: string; json?: boolean }>()
    try {
      status = await work({ terminal, root: await findRoot(root, terminal), json, environment: terminal.env })
    } catch (error) {
      status = printError(terminal, json, error)
    }
  }
  addStartCommand(program, act)
  addMigrateCommands(program, act)
  addPruneCommand(program, act)
  addBackupCommands(program, act)
  addRestoreCommand(program, act)
  addCronCommands(program, act)
  addTenantCommands(program, act)
  addModuleCommands(program, act)
  addMqttCommands(program, act)
  addInitCommand(program, act)
  for (const command of actorsOf(program)) {
    command
      .option('--root <dir>', 'the app root, the folder that holds plugins/ and seeds/ (default: M3SAAS_ROOT or here)')
      .option('--json', 'print JSON')
  }
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
  return status
}

/** Throws CONFIG_INVALID if it is not there: a name that is misspelt must not become a new app root. */
async function findRoot(given: string | undefined, terminal: Terminal): Promise<string> {
  const root = path.resolve(terminal.cwd, given ?? terminal.env.M3SAAS_ROOT ?? '.')
  const isFolder = await stat(root).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) return root
  throw new M3Error('CONFIG_INVALID', `The app root ${root} is no folder: name one by --root or M3SAAS_ROOT`)
}

/** From dist/kernel/cli/, as the package is installed. */
function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  return version
}

/** The commands that do something, not the mere groups of them: these take neither an argument nor an option. */
function actorsOf(command: Command): Command[] {
  const below = command.commands.flatMap(actorsOf)
  const takesSomething = command.registeredArguments.length > 0 || command.options.length > 0
  return below.length === 0 || takesSomething ? [command, ...below] : below
}
