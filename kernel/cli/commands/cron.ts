import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Target } from '../../cron/contract.js'
import type { Kernel } from '../../kernel.js'
import { type GivenMoment, MOMENT_RULE, parseMoment } from '../../moment.js'
import { parseModuleVersion } from '../../names.js'
import { MOST_RULE, MOST_RUNS, parseMost, type RunFilter } from '../../run-filter.js'
import { logUncaught } from '../create-log.js'
import { describeEvent, describeJobs, describeRun, describeRuns } from '../describe-cron.js'
import type { Act, Invocation } from '../invocation.js'
import { withCatalog } from '../open-kernel.js'
import { withOrderlyEnd } from '../orderly-end.js'
import { printResult } from '../output.js'
import { parseTarget, TARGET } from '../targets.js'

interface AtMoment {
  readonly now?: GivenMoment
}

type TickOptions = AtMoment & { readonly dryRun?: boolean }

/** `m3saas cron`, `m3saas cron list|runs|run` */
export function addCronCommands(program: Command, act: Act): void {
  const cron = program.command('cron').description('runs every cron job that is due, once, and ends')
  cron
    .enablePositionalOptions()
    .addOption(nowOption())
    .option('--dry-run', 'tell what is due; run nothing and write nothing')
    .action((options: TickOptions, self: Command) => act(self, (invocation) => tick(invocation, options)))
  addList(cron, act)
  addRuns(cron, act)
  addRun(cron, act)
}

function addList(cron: Command, act: Act): void {
  cron
    .command('list')
    .description('lists the cron jobs, when each is due next and what came of it last')
    .argument('[target]', `${TARGET} (default: all of them)`, parseTarget)
    .addOption(nowOption())
    .action((target: Target | undefined, options: AtMoment, self: Command) => {
      refuseStrayOptions(cron)
      return act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const report = await kernel.cron.list(target, await momentOf(kernel, options))
          printResult(invocation.terminal, invocation.json, report, describeJobs(report))
          return 0
        }),
      )
    })
}

function addRuns(cron: Command, act: Act): void {
  cron
    .command('runs')
    .description('lists the runs of cron jobs, the newest first')
    .argument('<target>', TARGET, parseTarget)
    .addOption(new Option('--job <job>', 'of one job alone, such as notes@v1/purge').argParser(parseJob))
    .addOption(new Option('--most <n>', 'so many at most').argParser(parseMostRuns).default(MOST_RUNS))
    .action((target: Target, { job, most }: RunFilter, self: Command) => {
      refuseStrayOptions(cron)
      return act(self, (invocation) =>
        withCatalog(invocation, async (kernel) => {
          const runs = await kernel.cron.runs(target, job === undefined ? { most } : { job, most })
          printResult(invocation.terminal, invocation.json, runs, describeRuns(runs))
          return 0
        }),
      )
    })
}

function addRun(cron: Command, act: Act): void {
  cron
    .command('run')
    .description('runs one cron job now, due or not')
    .argument('<target>', TARGET, parseTarget)
    .argument('<module>', 'a module version, such as notes@v1, or "kernel" for jobs of its own', parseModule)
    .argument('<job>', 'the name of the job, such as purge')
    .addOption(nowOption())
    .action((target: Target, module: string, job: string, options: AtMoment, self: Command) => {
      refuseStrayOptions(cron)
      return act(self, (invocation) =>
        withJobs(invocation, async (kernel) => {
          const run = await kernel.cron.run(target, module, job, await momentOf(kernel, options))
          printResult(invocation.terminal, invocation.json, run, describeRun(run))
          return run.outcome === 'done' ? 0 : 1
        }),
      )
    })
}

/** Status 1 if a run failed, a database could not be looked at, or it was ended before all had its turn. */
function tick(invocation: Invocation, options: TickOptions): Promise<number> {
  return withJobs(invocation, async (kernel, signal) => {
    const { dryRun = false } = options
    const now = await momentOf(kernel, options)
    let status = 1
    for await (const event of kernel.cron.tick(now === undefined ? { dryRun } : { dryRun, now }, signal)) {
      printResult(invocation.terminal, invocation.json, event, describeEvent(event))
      if (event.event === 'summary' && event.failed + event.failures === 0 && !signal.aborted) status = 0
    }
    return status
  })
}

/** The kernel for a command that runs jobs: what a module leaves uncaught does not end it, and signals wait for the jobs. */
function withJobs(
  invocation: Invocation,
  work: (kernel: Kernel, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { terminal } = invocation
  return withCatalog(invocation, (kernel) => {
    logUncaught(terminal, kernel.log)
    const asked = () => {
      terminal.stderr.write('m3saas: waiting for the jobs that run; a second signal ends it at once\n')
    }
    return withOrderlyEnd(terminal, { asked }, (signal) => work(kernel, signal))
  })
}

/** Ends the process as misuse if options of the tick stand before the name of another command. */
function refuseStrayOptions(cron: Command): void {
  const stray = cron.options.find(
    (option) => ['now', 'dryRun'].includes(option.attributeName()) && cron.getOptionValue(option.attributeName()),
  )
  if (stray) cron.error(`error: option '${stray.flags}' stands before a command that it is not meant for`)
}

function nowOption(): Option {
  return new Option('--now <moment>', `as if it were this moment: ${MOMENT_RULE}`).argParser((text: string) => {
    const moment = parseMoment(text)
    if (!moment) throw new InvalidArgumentError(`It must be ${MOMENT_RULE}.`)
    return moment
  })
}

async function momentOf({ config }: Kernel, { now }: AtMoment): Promise<Date | undefined> {
  return now?.(config.timeZone)
}

function parseMostRuns(text: string): number {
  const most = parseMost(text)
  if (most === undefined) throw new InvalidArgumentError(`It must be ${MOST_RULE}.`)
  return most
}

function parseJob(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must be the name of a job, such as notes@v1/purge.')
  return text
}

function parseModule(text: string): string {
  if (text !== 'kernel' && !parseModuleVersion(text)) {
    throw new InvalidArgumentError(
      'A module version looks like notes@v1; jobs of the kernel itself are those of "kernel".',
    )
  }
  return text
}
