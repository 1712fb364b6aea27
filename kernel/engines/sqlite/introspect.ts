import type { Session } from '../contract.js'
import type { LiveSchema } from '../live-schema.js'
import type { FoundColumn, FoundForeignKey, FoundIndexPart, FoundObject } from './found.js'
import { liveTable } from './live-table.js'
import { isWord, plainText, tokenize } from './sql-tokens.js'
import { TokenReader } from './token-reader.js'

/** SQLite's own, the kernel's own and the tables behind virtual ones are left out. */
const OBJECTS = `
  SELECT m.type AS kind, m.name AS name, m.tbl_name AS of_table, m.sql AS sql
  FROM sqlite_master AS m LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = m.name
  WHERE m.tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.tbl_name NOT LIKE 'm3saas\\_%' ESCAPE '\\'
    AND l.type IS NOT 'shadow'
  ORDER BY m.name`

/** `hidden` is 1 for the columns of virtual tables that none declares. */
const COLUMNS = `
  SELECT m.name AS of_table, c.name AS name, c.type AS type, c."notnull" AS not_null, c.pk AS key_place, c.hidden AS hidden
  FROM sqlite_master AS m JOIN pragma_table_xinfo(m.name) AS c ON c.hidden <> 1
  WHERE m.type = 'table' ORDER BY c.cid`

const INDEXES = `
  SELECT m.name AS of_table, i.name AS name, i."unique" AS is_unique, i.partial AS is_partial, c.name AS column_name,
    c."desc" AS is_descending, c.coll AS collation
  FROM sqlite_master AS m JOIN pragma_index_list(m.name) AS i JOIN pragma_index_xinfo(i.name) AS c ON c.key
  WHERE m.type = 'table' AND i.origin <> 'pk' ORDER BY i.seq DESC, c.seqno`

const FOREIGN_KEYS = `
  SELECT m.name AS of_table, f.id AS id, f."table" AS target_table, f."from" AS name, f."to" AS target,
    f.on_update AS on_update, f.on_delete AS on_delete
  FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f
  WHERE m.type = 'table' ORDER BY f.id DESC, f.seq`

export async function introspect(session: Session): Promise<LiveSchema> {
  const objects = await session.select<FoundObject>(OBJECTS)
  const columns = byTable(await session.select<FoundColumn>(COLUMNS))
  const indexes = byTable(await session.select<FoundIndexPart>(INDEXES))
  const foreignKeys = byTable(await session.select<FoundForeignKey>(FOREIGN_KEYS))
  const of = <T>(found: ReadonlyMap<string, readonly T[]>, table: string) => found.get(table.toLowerCase()) ?? []
  const attached = byTable(objects.filter(({ kind }) => kind === 'index' || kind === 'trigger'))
  const hasTriggers = objects.some(({ kind }) => kind === 'trigger')
  const keyOf = (table: string) =>
    of(columns, table)
      .filter((column) => column.key_place > 0)
      .sort((a, b) => a.key_place - b.key_place)
      .map((column) => column.name)
  const tables = objects
    .filter(({ kind }) => kind === 'table')
    .map((object) => {
      const { name } = object
      const found = {
        columns: of(columns, name),
        indexes: of(indexes, name),
        foreignKeys: of(foreignKeys, name),
        attached: of(attached, name),
      }
      return [name, liveTable(object, found, { keyOf, hasTriggers })] as const
    })
  const views = objects.filter(({ kind }) => kind === 'view')
  return {
    foldsNames: true,
    qualifier: '',
    tables: Object.fromEntries(tables),
    views: Object.fromEntries(views.map(({ name, sql }) => [name, { definition: selectOf(sql ?? '') }])),
  }
}

function byTable<T extends { readonly of_table: string }>(rows: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const row of rows) {
    const name = row.of_table.toLowerCase()
    const known = found.get(name)
    if (known) known.push(row)
    else found.set(name, [row])
  }
  return found
}

/** The names of the columns, where the view gives them, and the SELECT. */
function selectOf(sql: string): string {
  const tokens = tokenize(sql.replace(/;\s*$/, ''))
  const start = tokens.findIndex((token) => isWord(token, 'VIEW'))
  const reader = new TokenReader(tokens.slice(start + 1))
  reader.accept('IF', 'NOT', 'EXISTS')
  reader.name()
  const columns = reader.group()
  reader.accept('AS')
  return [...(columns.length > 0 ? [`( ${plainText(columns)} )`] : []), plainText(reader.rest())].join(' ')
}
