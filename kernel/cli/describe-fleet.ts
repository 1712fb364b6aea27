import { describeFaults } from '../errors.js'
import type {
  FailureGroup,
  FleetBegin,
  FleetSummary,
  StopReason,
  TenantEvent,
} from '../migrations/fleet/fleet-events.js'

export function describeBegin({ run, continued, tenants }: FleetBegin): string {
  return `${continued ? 'going on with' : 'beginning'} run ${run}: ${tenants} tenants`
}

/** What became of a tenant, a line; what is wrong with it, a line each. */
export function describeTenant({ tenant, name, outcome, ms, error }: TenantEvent): string {
  const place = `${tenant} ${name}`
  if (!error) return `${place}: ${OUTCOMES[outcome]} in ${ms} ms`
  const faults = error.faults ? `\n${describeFaults(error.faults)}` : ''
  return `${place}: failed: ${error.code}: ${error.message}${faults}`
}

/** What came of all, what failed by its cause, what remains and how to go on. */
export function describeSummary(summary: FleetSummary): string {
  const { tenants, migrated, upToDate, skipped, failed, failures, remaining, stopped, state, ms } = summary
  const counts = [
    `${migrated} migrated`,
    `${upToDate} up to date`,
    ...(skipped > 0 ? [`${skipped} done before in this run`] : []),
    `${failed} failed`,
    ...(remaining > 0 ? [`${remaining} not begun`] : []),
  ]
  return [
    `${count(tenants)} in ${(ms / 1000).toFixed(1)} s: ${counts.join(', ')}`,
    ...failures.map((group) => `  ${describeGroup(group)}`),
    ...(stopped ? [REASONS[stopped]] : []),
    ...(state === 'done' ? [] : [state === 'failed' ? TRY_AGAIN : GO_ON]),
  ].join('\n')
}

const OUTCOMES = {
  migrated: 'migrated',
  upToDate: 'up to date',
  skipped: 'done before in this run',
  failed: 'failed',
} as const

const REASONS: Readonly<Record<StopReason, string>> = {
  canary: 'stopped: of the tenants that are migrated first, one failed',
  failures: 'stopped: as many tenants have failed as migrations.fleet.maxFailures or --max-failures allow',
  asked: 'stopped as it was asked to; the tenants in work were finished',
}

const GO_ON = 'to go on: m3saas migrate --all (takes up this run), or with --restart to begin anew'
const TRY_AGAIN = 'to try those that failed again: m3saas migrate --all'

function describeGroup({ code, message, faults = [], count: number, tenants }: FailureGroup): string {
  const ids = `${tenants.join(', ')}${number > tenants.length ? ', …' : ''}`
  const first = faults.map(({ path, message }) => `\n    - ${path ? `${path}: ` : ''}${message}`).join('')
  return `${count(number)} (${ids}): ${code === '' ? message : `${code}: ${message}`}${first}`
}

function count(tenants: number): string {
  return tenants === 1 ? '1 tenant' : `${tenants} tenants`
}
