export type StepKind =
  | 'dropView'
  | 'renameTable'
  | 'renameColumn'
  | 'dropForeignKey'
  | 'alterTable'
  | 'createTable'
  | 'addForeignKey'
  | 'dropTable'
  | 'createView'

/** One change of one table or view, `table` its name: where it is renamed, the new one. `sql` runs statement by statement. */
export interface MigrationStep {
  readonly kind: StepKind
  readonly table: string
  readonly sql: readonly string[]
  /** Values can be lost by it. */
  readonly destructive: boolean
  /** For people, each going on from the name of the table: `adds the column title`. */
  readonly changes: readonly string[]
}
