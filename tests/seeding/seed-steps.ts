import fc from 'fast-check'
import type { MigrationMode } from '../../kernel/migrations/run-mode.js'
import type { MainRow, Seeds, StoredRow, TableName } from './seed-model.js'

/** One thing that the kernel is asked for, or that a user does. Numbers choose among what is there. */
export type Step =
  | { readonly op: 'run'; readonly mode: MigrationMode; readonly version: number; readonly always: boolean }
  /** A new row of the user's; `to`: the team it refers to. */
  | { readonly op: 'add'; readonly table: 'teams' | 'members' | 'leftovers'; readonly to: number }
  /** A user changes a row, whosever it is. */
  | { readonly op: 'change'; readonly table: 'teams' | 'members' | 'tags'; readonly row: number; readonly by: number }
  /** A user deletes a row that no other one refers to. */
  | { readonly op: 'remove'; readonly table: TableName; readonly row: number }

export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('run' as const),
      mode: fc.constantFrom<MigrationMode>('migrate', 'force', 'seed', 'deseed'),
      version: fc.nat(2),
      always: fc.nat(3).map((drawn) => drawn === 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('add' as const),
      table: fc.constantFrom('teams' as const, 'members' as const, 'leftovers' as const),
      to: fc.nat(20),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('change' as const),
      table: fc.constantFrom('teams' as const, 'members' as const, 'tags' as const),
      row: fc.nat(20),
      by: fc.nat(9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('remove' as const),
      table: fc.constantFrom<TableName>('teams', 'members', 'tags', 'leftovers'),
      row: fc.nat(20),
    }),
  },
)

const given = (row: Record<string, string | number | null | undefined>): StoredRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as StoredRow

interface Drawn {
  readonly key: number
  readonly forced: boolean
  readonly level: number | null | undefined
  readonly to: number
}

const drawn = fc.record<Drawn>({
  key: fc.integer({ min: 1, max: 5 }),
  forced: fc.boolean(),
  level: fc.constantFrom(undefined, null, 1, 2),
  to: fc.nat(5),
})
const drawnRows = fc.uniqueArray(drawn, { maxLength: 4, selector: ({ key }) => key })

/** Rows that refer to teams of the same seeds, those of a tree to a row of a lower key. */
export const anySeeds: fc.Arbitrary<Seeds> = fc
  .record({ teams: drawnRows, members: drawnRows, tags: drawnRows, loose: fc.array(drawn, { maxLength: 3 }) })
  .map(({ teams, members, tags, loose }) => {
    const team = (to: number) => teams[to]?.key ?? null
    const lower = (key: number, to: number) => teams.filter((other) => other.key < key)[to]?.key
    const main = (rows: readonly Drawn[], rowOf: (row: Drawn) => StoredRow): MainRow[] =>
      rows.map((row) => ({ row: rowOf(row), forced: row.forced }))
    return {
      main: {
        teams: main(teams, ({ key, level, to }) =>
          given({ id: key, name: `team ${to}`, level, parent_id: lower(key, to) }),
        ),
        members: main(members, ({ key, to }) => given({ id: key, team_id: team(to), name: `member ${to}` })),
        tags: main(tags, ({ key, level, to }) =>
          given({ code: `tag ${key}`, note: level === 1 ? `note ${to}` : undefined }),
        ),
      },
      temporary: {
        teams: loose.map(({ level, to }) => given({ name: `try ${to}`, level, parent_id: team(to) })),
        members: loose.map(({ to }) => given({ team_id: team(to), name: 'try' })),
      },
    }
  })
