import type { Session } from '../engines/contract.js'
import { M3Error, messageOf } from '../errors.js'
import type { MigrationStep } from './diff/step.js'

/** Its statements, in order. An error names the step and the statement, in words that only operators see. */
export async function runStep(
  session: Pick<Session, 'execute'>,
  { kind, table, sql }: Pick<MigrationStep, 'kind' | 'table' | 'sql'>,
): Promise<void> {
  for (const statement of sql) {
    try {
      await session.execute(statement)
    } catch (error) {
      if (error instanceof M3Error) throw error
      throw new Error(`${kind} ${table}: ${messageOf(error)}\n${statement}`, { cause: error })
    }
  }
}
