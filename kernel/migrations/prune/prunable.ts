import type { Ddl } from '../../engines/ddl.js'
import type { LiveSchema } from '../../engines/live-schema.js'
import type { Fault } from '../../errors.js'
import type { DeclaredSchema } from '../declared/declared-schema.js'
import { find, lower, nameIn } from '../diff/names.js'
import { findRenames } from '../diff/renames.js'
import { absentModules, type RecordedView, type SchemaRecord } from '../record/schema-record.js'

export interface PrunableInput {
  readonly declared: Pick<DeclaredSchema, 'tables' | 'modules' | 'owners'>
  readonly record: Pick<SchemaRecord, 'tables' | 'views'>
  readonly live: LiveSchema
  /** The hand-written migrations that have not run yet. */
  readonly pending: readonly string[]
  readonly quote: Ddl['quote']
}

/** A table or a view that only modules declared which the database no longer serves all of. */
export interface Prunable {
  /** As the database has it. */
  readonly name: string
  readonly kind: 'table' | 'view'
  /** Of the module versions that declared it those that are not loaded. */
  readonly modules: readonly string[]
}

export interface PruneDecision {
  readonly prunable: readonly Prunable[]
  /** What is kept all the same, and why; paths are names of tables and views. */
  readonly kept: readonly Fault[]
}

/**
 * Which tables and views go when they are pruned: those that the record knows to be of modules that are not loaded,
 * unless something that stays needs them. Pure.
 */
export function planPruning(input: PrunableInput): PruneDecision {
  const { declared, record, live, pending } = input
  const candidates = [
    ...absent(declared, record.tables, 'table', (name) => find(live, live.tables, name)?.name),
    ...absent(declared, record.views, 'view', (name) => find(live, live.views, name)?.name),
  ]
  const renames = new Map(findRenames(declared.tables, live).tables.map(({ from, to }) => [from, to]))
  const hindrances = ({ name }: Prunable): string[] => {
    const to = renames.get(name)
    return [
      ...(to === undefined ? [] : [`is renamed to ${to} by the next migration: migrate first`]),
      ...(pending.length === 0 ? [] : [`may be needed by ${pending.join(', ')}, still to run: migrate first`]),
    ]
  }
  let prunable = candidates.filter((each) => hindrances(each).length === 0)
  for (let before = -1; before !== prunable.length; ) {
    before = prunable.length
    const staying = stayingUsers(input, prunable)
    prunable = prunable.filter(({ name }) => !staying.some((user) => user.uses(name) !== undefined))
  }
  const staying = stayingUsers(input, prunable)
  const kept = candidates
    .filter((each) => !prunable.includes(each))
    .flatMap((each) =>
      [...hindrances(each), ...staying.flatMap((user) => reason(input, candidates, user, each) ?? [])].map(
        (message) => ({ path: each.name, message }),
      ),
    )
  return { prunable, kept }
}

function absent(
  declared: PrunableInput['declared'],
  recorded: Readonly<Record<string, RecordedView>>,
  kind: Prunable['kind'],
  liveName: (name: string) => string | undefined,
): Prunable[] {
  return Object.entries(recorded).flatMap(([recordedName, { modules: owners }]) => {
    const modules = absentModules(declared, recordedName, owners)
    const name = liveName(recordedName)
    return modules.length === 0 || name === undefined ? [] : [{ name, kind, modules }]
  })
}

interface User {
  readonly name: string
  /** How it uses the table or view of that name; undefined if it does not. */
  uses(name: string): string | undefined
}

/** All that the database still holds without what goes. */
function stayingUsers({ live, quote }: PrunableInput, going: readonly Prunable[]): User[] {
  const gone = new Set(going.map(({ name }) => name))
  const tables = Object.entries(live.tables).map(
    ([name, { foreignKeys, extras }]): User => ({
      name,
      uses: (used) => {
        if (used === name) return undefined
        const key = foreignKeys.find(({ table }) => nameIn(live, table) === nameIn(live, used))
        if (key) return `is referred to by ${name}.${key.columns.join(', ')}`
        return extras.some((text) => namesWord(text, used)) ? `is named by a trigger or a check of ${name}` : undefined
      },
    }),
  )
  const views = Object.entries(live.views).map(
    ([name, { definition }]): User => ({
      name,
      uses: (used) =>
        used !== name && reads(live, quote, definition, used) ? `is read by the view ${name}` : undefined,
    }),
  )
  return [...tables, ...views].filter(({ name }) => !gone.has(name))
}

function reason(
  { declared }: PrunableInput,
  candidates: readonly Prunable[],
  user: User,
  used: Prunable,
): string | undefined {
  const how = user.uses(used.name)
  if (how === undefined) return undefined
  if (candidates.some(({ name }) => name === user.name)) return `${how}, which is kept, too`
  const owners = declared.owners.get(lower(user.name))
  return owners ? `${how}, of ${owners.join(', ')}` : `${how}, made by hand: drop that first`
}

/** Definitions name their tables either with the database in front and quoted, or as they were written. */
function reads(live: LiveSchema, quote: Ddl['quote'], definition: string, name: string): boolean {
  if (live.qualifier === '') return namesWord(definition, name)
  return nameIn(live, definition).includes(nameIn(live, `${live.qualifier}.${quote(name)}`))
}

/** Declared names are letters, digits and `_`. A word that means something else keeps the table: that can be mended. */
function namesWord(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'i').test(text)
}
