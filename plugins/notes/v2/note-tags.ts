import type { ModuleContext, Row } from 'm3saas'
import { noteTagsTable, tagsTable } from './db/tables/tags.table.js'

type Tag = Row<typeof tagsTable>

/** Tags are compared without regard to case and to blanks around them. */
export function normaliseTags(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))]
}

/**
 * The tags of these names, added where there are none yet. Not for the inside of a transaction: requests that add the
 * same tags at once would wait for each other in a circle. So each is added by itself, whoever comes second finds it.
 */
export async function ensureTags({ table }: ModuleContext, names: readonly string[]): Promise<readonly Tag[]> {
  const find = () => table(tagsTable).findAll({ where: { name: [...names] } })
  const known = await find()
  const missing = names.filter((name) => !known.some((tag) => tag.name === name))
  for (const name of missing) await table(tagsTable).bulkCreate([{ name }], { ignoreDuplicates: true })
  return missing.length === 0 ? known : find()
}

/** The names of the tags of each note. */
export async function tagsOf({ table }: ModuleContext, noteIds: readonly number[]): Promise<Map<number, string[]>> {
  const links = await table(noteTagsTable).findAll({ where: { note_id: [...noteIds] }, include: 'tag' })
  const tags = new Map<number, string[]>(noteIds.map((id) => [id, []]))
  for (const link of links) tags.get(link.note_id)?.push((link.get('tag') as Tag).name)
  return tags
}

/** Gives a note these tags and no others, touching only what differs. Call it in a transaction. */
export async function setTags({ table }: ModuleContext, noteId: number, tags: readonly Tag[]): Promise<void> {
  const wanted = new Set(tags.map((tag) => tag.id))
  const links = await table(noteTagsTable).findAll({ where: { note_id: noteId } })
  const gone = links.map((link) => link.tag_id).filter((id) => !wanted.delete(id))
  if (gone.length > 0) await table(noteTagsTable).destroy({ where: { note_id: noteId, tag_id: gone } })
  if (wanted.size > 0) {
    await table(noteTagsTable).bulkCreate([...wanted].map((tag_id) => ({ note_id: noteId, tag_id })))
  }
}
