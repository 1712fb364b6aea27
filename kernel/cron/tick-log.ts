import type { Logger } from 'pino'
import type { CronEvent } from './contract.js'

/** Writes what a tick of the server tells to the log. */
export function logEvent(log: Logger, event: CronEvent): void {
  switch (event.event) {
    case 'run': {
      const { event: _, outcome, module, job, ...run } = event
      const level = outcome === 'done' ? 'info' : outcome === 'stopped' ? 'warn' : 'error'
      log[level]({ ...run, module, job, outcome }, `cron job ${module}/${job} of ${whose(event)}: ${outcome}`)
      return
    }
    case 'left': {
      const { target, module, job, reason } = event
      log.info({ target, module, job, reason }, `cron job ${module}/${job} of ${whose(event)} is left: ${reason}`)
      return
    }
    case 'failure': {
      const { target, code, message, faults } = event
      log.error({ target, code, faults }, `the cron jobs of ${whose(event)} cannot be looked at: ${message}`)
      return
    }
    case 'summary': {
      const { event: _, ...summary } = event
      log[summary.due > 0 || summary.failures > 0 ? 'info' : 'debug'](summary, 'cron tick')
    }
  }
}

function whose({ target }: { readonly target: number | string }): string {
  return target === 'catalog' ? 'the catalog' : `tenant ${target}`
}
