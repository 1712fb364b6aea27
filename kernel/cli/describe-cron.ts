import type { Schedule } from '../contract/schedule.js'
import type {
  CronEvent,
  CronSummaryEvent,
  JobSummary,
  JobsReport,
  LeftOutJob,
  RunSummary,
  TargetFailure,
} from '../cron/contract.js'
import { describeFaults, type Fault } from '../errors.js'
import { table } from './output.js'

/** What a tick tells, a line each; the reason of a failure on a line of its own. */
export function describeEvent(event: CronEvent): string {
  switch (event.event) {
    case 'run':
      return describeRun(event)
    case 'due':
      return `${placeOf(event)}: due`
    case 'left':
      return `${placeOf(event)}: left: ${event.reason}`
    case 'failure':
      return describeFailure(event)
    case 'summary':
      return describeSummary(event)
  }
}

export function describeRun(run: Pick<RunSummary, Described>): string {
  const { outcome, ms, attempt, error } = run
  const time = ms === undefined ? '' : ` in ${describeDuration(ms)}`
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  return `${placeOf(run)}: ${OUTCOMES[outcome]}${time}${again}${error === undefined ? '' : `\n${indent(error)}`}`
}

type Described = 'target' | 'module' | 'job' | 'attempt' | 'ms' | 'outcome' | 'error'

/** The jobs, a line each, then what is declared wrongly and what could not be looked at. */
export function describeJobs({ timeZone, jobs, leftOut, failures }: JobsReport): string {
  const rows = jobs.map((job) => [
    String(job.target),
    nameOf(job),
    describeSchedule(job.schedule),
    nextOf(job),
    job.lastRun ?? 'never',
    job.last ? OUTCOMES[job.last.outcome] : '',
  ])
  const heading = ['of', 'job', 'repeated', `next due (${timeZone})`, 'last done', 'last run']
  return [
    jobs.length === 0 ? 'no jobs' : table([heading, ...rows]),
    ...(leftOut.length === 0 ? [] : ['cron jobs left out:', describeFaults(leftOut.map(faultOf))]),
    ...(failures.length === 0
      ? []
      : ['not looked at:', ...failures.map((failure) => indent(describeFailure(failure)))]),
  ].join('\n')
}

/** The newest first. */
export function describeRuns(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return 'no runs'
  const rows = runs.map((run) => [
    run.started,
    nameOf(run),
    String(run.attempt),
    run.ms === undefined ? '' : describeDuration(run.ms),
    OUTCOMES[run.outcome],
  ])
  const [heading = '', ...lines] = table([['started', 'job', 'attempt', 'time', 'outcome'], ...rows]).split('\n')
  const told = lines.flatMap((line, i) => {
    const { error } = runs[i] ?? {}
    return error === undefined ? [line] : [line, indent(error)]
  })
  return [heading, ...told].join('\n')
}

function faultOf({ module, job, reason }: LeftOutJob): Fault {
  return { path: job === undefined ? module : `${module}/${job}`, message: reason }
}

function describeFailure({ target, code, message, faults = [] }: TargetFailure): string {
  return `${target}: ${code}: ${message}${faults.length === 0 ? '' : `\n${describeFaults(faults)}`}`
}

function describeSummary({ databases, due, done, failed, left, failures, ms }: CronSummaryEvent): string {
  const counts = [
    due === 0 ? 'nothing is due' : `${due} due`,
    ...(done > 0 ? [`${done} done`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} left`] : []),
    ...(failures > 0 ? [`${failures} not looked at`] : []),
  ]
  const looked = databases === 1 ? '1 database' : `${databases} databases`
  return `${looked} in ${(ms / 1000).toFixed(1)} s: ${counts.join(', ')}`
}

const OUTCOMES: Readonly<Record<RunSummary['outcome'], string>> = {
  running: 'running',
  done: 'done',
  failed: 'failed',
  timed_out: 'timed out',
  out_of_memory: 'out of memory',
  exited: 'exited',
  lost: 'lost',
  stopped: 'stopped',
}

function nextOf({ running, due, nextDue }: JobSummary): string {
  if (running) return 'running'
  return due ? 'now' : nextDue
}

function placeOf(job: Pick<JobSummary, 'target' | 'module' | 'job'>): string {
  return `${job.target} ${nameOf(job)}`
}

/** As `--job` takes it. */
function nameOf({ module, job }: Pick<JobSummary, 'module' | 'job'>): string {
  return module === 'kernel' ? job : `${module}/${job}`
}

/** `every 3 months, day 1`, `every year, day 1 of month 7`. */
export function describeSchedule({ repeat, every, day, month }: Schedule): string {
  const unit = every === 1 ? `every ${repeat}` : `every ${every} ${repeat}s`
  const place = [...(day === undefined ? [] : [`day ${day}`]), ...(month === undefined ? [] : [`month ${month}`])]
  return place.length === 0 ? unit : `${unit}, ${place.join(' of ')}`
}

/** `12 ms`, `1.2 s`, `2 min 5 s`, `3 h 4 min`. */
export function describeDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
