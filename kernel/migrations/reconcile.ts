import type { Engine, Session } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import type { DeclaredSchema } from './declared/declared-schema.js'
import type { MigrationStep } from './diff/step.js'
import { type PlanningEngine, type PlanningOptions, preparePlan, presumePlan, type RunnablePlan } from './prepare.js'
import { outlineOf } from './record/outline.js'
import { runStep } from './run-step.js'
import { backUpFirst, type TakenBackup } from './take-backup.js'

export interface ReconcileOptions extends PlanningOptions {
  /** The declaration was the database's before, and another one has been since. */
  readonly goesBack?: boolean
}

export interface Reconciled {
  readonly steps: readonly MigrationStep[]
  readonly backup?: TakenBackup
}

/**
 * Works off the difference between what the database holds and what is declared. On SQLite all of it or nothing; on MySQL
 * the next run goes on where a killed one stopped. Throws MIGRATION_REFUSED, with nothing changed, for what cannot be done
 * without losing rows or values, or must not be by the configuration. `settled`: the fingerprint of the migration that was
 * the last thing done to the database, if it was one.
 */
export async function reconcile(
  session: Session,
  engine: PlanningEngine & Pick<Engine, 'changeSchema'>,
  declared: DeclaredSchema,
  settled: string | undefined,
  options: ReconcileOptions,
): Promise<Reconciled> {
  const presumed =
    options.presumes && settled !== undefined
      ? await presumePlan(session, engine, declared, settled, options)
      : undefined
  const before: MigrationStep[] = []
  if (presumed) {
    try {
      return await run(session, engine, presumed, options, before)
    } catch (error) {
      // The database may not be as its record says: then looking at it tells why. What was done so far is part of that.
      if (error instanceof M3Error) throw error
    }
  }
  const plan = await preparePlan(session, engine, declared, options)
  if (plan.refusals.length > 0) {
    const message = 'The tables cannot be brought to what is declared; nothing of them was changed'
    throw new M3Error('MIGRATION_REFUSED', message, { faults: plan.refusals })
  }
  const { steps, ...rest } = await run(session, engine, plan, options)
  return { steps: [...before, ...steps], ...rest }
}

async function run(
  session: Session,
  engine: Pick<Engine, 'changeSchema' | 'introspect'>,
  plan: RunnablePlan,
  options: Pick<ReconcileOptions, 'takeBackup'>,
  /** Filled with what was done, whether it comes to its end or not. */
  done: MigrationStep[] = [],
): Promise<Reconciled> {
  if (plan.steps.length === 0) {
    await plan.stored.write(session, plan.after)
    return { steps: [] }
  }
  const backup = plan.backsUp ? await backUpFirst(options.takeBackup) : undefined
  await engine.changeSchema(session, plan.staying, async (inner) => {
    await plan.stored.write(inner, plan.ahead)
    for (const step of plan.steps) {
      await runStep(inner, step)
      done.push(step)
    }
    await plan.stored.write(inner, plan.after)
  })
  if (plan.isGuess) {
    const expected = outlineOf(await engine.introspect(session))
    await plan.stored.write(session, { ...plan.after, expected })
  }
  return { steps: plan.steps, ...(backup ? { backup } : {}) }
}
