/** A row as the database holds it. `main_seed`: 1 main, 0 temporary, null the user's own; absent in tables without seeds. */
export type StoredRow = Readonly<Record<string, string | number | null>>
export type TableName = 'teams' | 'members' | 'tags' | 'leftovers'
export type State = Readonly<Record<TableName, readonly StoredRow[]>>

export interface MainRow {
  readonly row: StoredRow
  readonly forced: boolean
}

/** What one version of a module seeds. */
export interface Seeds {
  readonly main: Readonly<Partial<Record<TableName, readonly MainRow[]>>>
  readonly temporary: Readonly<Partial<Record<TableName, readonly StoredRow[]>>>
}

export const KEYS = { teams: 'id', members: 'id', tags: 'code', leftovers: 'id' } as const
/** What a row holds that leaves its columns out. */
export const DEFAULTS: Readonly<Record<TableName, StoredRow>> = {
  teams: { name: 'none', level: 5, parent_id: null, main_seed: null },
  members: { team_id: null, name: 'none', main_seed: null },
  tags: { note: null, main_seed: null },
  leftovers: {},
}
/** All of them point to teams. The last one is of a table that no loaded module declares. */
const REFERENCES: readonly { readonly from: TableName; readonly column: string }[] = [
  { from: 'teams', column: 'parent_id' },
  { from: 'members', column: 'team_id' },
  { from: 'leftovers', column: 'team_id' },
]
export const TABLES = Object.keys(KEYS) as TableName[]

export interface How {
  readonly force: boolean
  readonly always: boolean
}

/** The state after the main seeds were looked at: SPEC 9, said anew. */
export function mainSeeded(state: State, { main }: Seeds, { force, always }: How): State {
  const written = mapTables(state, (table, rows) => {
    const key = KEYS[table]
    const added: StoredRow[] = []
    const changed = new Map<StoredRow, StoredRow>()
    for (const { row, forced } of main[table] ?? []) {
      const stored = rows.find((each) => each[key] === row[key])
      if (!stored) added.push({ ...DEFAULTS[table], ...row, main_seed: 1 })
      else if (stored.main_seed !== 1) continue
      else if (force) changed.set(stored, { ...DEFAULTS[table], ...row, main_seed: 1 })
      else if (always || forced) changed.set(stored, { ...stored, ...row })
    }
    return [...rows.map((row) => changed.get(row) ?? row), ...added]
  })
  if (!force) return written
  const isDeclared = (table: TableName, row: StoredRow) =>
    (main[table] ?? []).some((seed) => seed.row[KEYS[table]] === row[KEYS[table]])
  return without(written, (table, row) => row.main_seed === 1 && !isDeclared(table, row))
}

/** The state after `deseed`. */
export const deseeded = (state: State): State => without(state, (_table, row) => row.main_seed === 0)

/** The state without those rows, but for the ones that a row refers to which stays. */
export function without(state: State, goes: (table: TableName, row: StoredRow) => boolean): State {
  for (let left = state; ; ) {
    const next = mapTables(left, (table, rows) =>
      rows.filter((row) => !goes(table, row) || isReferredTo(left, table, row)),
    )
    if (TABLES.every((table) => next[table].length === left[table].length)) return next
    left = next
  }
}

export function isReferredTo(state: State, table: TableName, row: StoredRow): boolean {
  if (table !== 'teams') return false
  return REFERENCES.some(({ from, column }) => state[from].some((child) => child[column] === row.id && child !== row))
}

export function mapTables(
  state: State,
  change: (table: TableName, rows: readonly StoredRow[]) => readonly StoredRow[],
): State {
  return Object.fromEntries(TABLES.map((table) => [table, change(table, state[table])])) as unknown as State
}
