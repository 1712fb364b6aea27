import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { id, int, type ReferenceAction, varchar } from '../../kernel/contract/columns.js'
import { defineSeed } from '../../kernel/contract/define-seed.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import type { Database } from '../../kernel/engines/contract.js'
import { runMode } from '../../kernel/migrations/run-mode.js'
import type { FreshDatabases } from '../support/fresh-databases.js'
import { propertyRuns } from '../support/property-runs.js'
import { declare, OPTIONS } from '../support/schemas.js'
import {
  DEFAULTS,
  deseeded,
  isReferredTo,
  KEYS,
  type MainRow,
  mainSeeded,
  mapTables,
  type Seeds,
  type State,
  type StoredRow,
  TABLES,
} from './seed-model.js'
import { anySeeds, anyStep, type Step } from './seed-steps.js'

const action = fc.constantFrom<ReferenceAction>('restrict', 'cascade', 'set null')
const versions = fc.tuple(anySeeds, anySeeds, anySeeds)
const steps = fc.array(anyStep, { minLength: 1, maxLength: 14, size: 'max' })

/** Stories of what the kernel is asked for and what users do meanwhile. */
export function seedProperty(databases: FreshDatabases, stories: number): void {
  for (const { name, seed, numRuns, check } of propertyRuns(stories)) {
    test(`seeds do as the model says, and rows of users are left alone: ${name}`, async (t) => {
      let done = 0
      await check(
        fc.asyncProperty(action, versions, steps, async (onDelete, seeded, taken) => {
          await new Story(await databases.create(), databases, onDelete, seeded).play(taken)
          done += taken.length
        }),
      )
      t.diagnostic(`seed ${seed}: ${numRuns} stories of ${done} steps`)
    })
  }
}

/** What happens to one database, held against the model at each step. */
class Story {
  #state: State = { teams: [], members: [], tags: [], leftovers: [] }
  #migrated: number | undefined
  /** Far from each other: the database gives out what lies between. */
  #added = 0

  constructor(
    readonly database: Database,
    readonly databases: FreshDatabases,
    readonly onDelete: ReferenceAction,
    readonly versions: readonly Seeds[],
  ) {}

  async play(taken: readonly Step[]): Promise<void> {
    await this.#take({ op: 'run', mode: 'migrate', version: 0, always: false })
    const key = `FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE ${this.onDelete}`
    await this.database.session((session) =>
      session.execute(`CREATE TABLE leftovers (id INT NOT NULL PRIMARY KEY, team_id INT UNSIGNED NULL, ${key})`),
    )
    for (const step of taken) await this.#take(step)
  }

  async #take(step: Step): Promise<void> {
    switch (step.op) {
      case 'run':
        return this.#run(step)
      case 'add':
        return this.#add(step)
      default: {
        const rows = this.#state[step.table]
        const row = rows[step.row % rows.length]
        if (row) await (step.op === 'change' ? this.#change(step, row) : this.#remove(step, row))
      }
    }
  }

  async #run({ mode, version, always }: Extract<Step, { op: 'run' }>): Promise<void> {
    const seeds = this.versions[version] as Seeds
    const options = { ...OPTIONS, forceMainSeeds: always }
    const own = usersRows(this.#state)
    await runMode(this.database, this.databases.engine, declareSeeds(seeds, this.onDelete), mode, options)
    const live = await this.#read()
    assert.deepEqual(usersRows(live), own, 'rows of users are as they were')
    const looks = mode === 'migrate' || mode === 'force' || always || this.#migrated !== version
    let expected = looks ? mainSeeded(this.#state, seeds, { force: mode === 'force', always }) : this.#state
    if (mode === 'deseed') expected = deseeded(expected)
    if (mode === 'seed') expected = this.#withTemporary(expected, live, seeds)
    this.#migrated = version
    this.#state = sorted(expected)
    assert.deepEqual(live, this.#state, `after ${mode} of version ${version}`)
  }

  /** The database numbers temporary seeds: what is new and like one of them is it. */
  #withTemporary(state: State, live: State, { temporary }: Seeds): State {
    return mapTables(state, (table, rows) => {
      const known = new Set(rows.map((row) => row[KEYS[table]]))
      const fresh = live[table].filter((row) => !known.has(row[KEYS[table]] ?? null))
      const wanted = (temporary[table] ?? []).map((row) =>
        JSON.stringify(ordered({ ...DEFAULTS[table], ...row, main_seed: 0 })),
      )
      const unnumbered = fresh.map(({ id: _, ...row }) => JSON.stringify(ordered(row)))
      assert.deepEqual(unnumbered.sort(), wanted.sort(), `temporary seeds of ${table}`)
      return [...rows, ...fresh]
    })
  }

  async #add({ table, to }: Extract<Step, { op: 'add' }>): Promise<void> {
    const team = this.#state.teams[to % (this.#state.teams.length + 1)]?.id ?? null
    const more = table === 'teams' ? { parent_id: team } : { team_id: team }
    this.#added += 1000
    const row = { id: this.#added, ...(table === 'leftovers' ? {} : { name: 'mine' }), ...more }
    const columns = Object.keys(row)
    await this.database.run(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(row),
    )
    this.#state = sorted({ ...this.#state, [table]: [...this.#state[table], { ...DEFAULTS[table], ...row }] })
  }

  async #change({ table, by }: Extract<Step, { op: 'change' }>, row: StoredRow): Promise<void> {
    const [column, key] = [table === 'tags' ? 'note' : 'name', KEYS[table]]
    await this.database.run(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`, [`changed ${by}`, row[key] ?? null])
    const changed = { ...row, [column]: `changed ${by}` }
    this.#state = { ...this.#state, [table]: this.#state[table].map((each) => (each === row ? changed : each)) }
  }

  async #remove({ table }: Extract<Step, { op: 'remove' }>, row: StoredRow): Promise<void> {
    if (isReferredTo(this.#state, table, row)) return
    await this.database.run(`DELETE FROM ${table} WHERE ${KEYS[table]} = ?`, [row[KEYS[table]] ?? null])
    this.#state = { ...this.#state, [table]: this.#state[table].filter((each) => each !== row) }
  }

  async #read(): Promise<State> {
    const state: Record<string, StoredRow[]> = { leftovers: [] }
    for (const table of TABLES) {
      if (table === 'leftovers' && this.#migrated === undefined) continue
      state[table] = (await this.database.select<StoredRow>(`SELECT * FROM ${table}`)).map((row) => ({ ...row }))
    }
    return sorted(state as unknown as State)
  }
}

function declareSeeds({ main, temporary }: Seeds, onDelete: ReferenceAction) {
  const teams = defineTable('teams', {
    columns: {
      name: varchar(50),
      level: int().nullable().default(5),
      parent_id: id().nullable().references('teams', { onDelete }),
    },
  })
  const members = defineTable('members', {
    columns: { team_id: id().nullable().references(teams, { onDelete }), name: varchar(50) },
  })
  const tags = defineTable('tags', { columns: { code: varchar(20).primary(), note: varchar(50).nullable() } })
  const rowsOf = (rows: readonly MainRow[] = []) => rows.map(({ row, forced }) => ({ ...row, forced }) as never)
  return declare({
    tables: [members, tags, teams],
    seeds: [
      defineSeed(teams, { main: rowsOf(main.teams), temporary: (temporary.teams ?? []) as never }),
      defineSeed(members, { main: rowsOf(main.members), temporary: (temporary.members ?? []) as never }),
      defineSeed(tags, { main: rowsOf(main.tags) }),
    ],
  })
}

const usersRows = (state: State) => mapTables(state, (_table, rows) => rows.filter((row) => row.main_seed == null))

const ordered = (row: StoredRow): StoredRow =>
  Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))

function sorted(state: State): State {
  return mapTables(state, (table, rows) =>
    rows.toSorted((a, b) => String(a[KEYS[table]]).localeCompare(String(b[KEYS[table]]))),
  )
}
