import type { ModuleContext, Row } from 'm3saas'
import { noteTagsTable, tagsTable } from './db/tables/tags.table.js'

/** Tags are compared without regard to case and to blanks around them. */
export function normaliseTags(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))]
}

/** The names of the tags of each note. */
export async function tagsOf({ table }: ModuleContext, noteIds: readonly number[]): Promise<Map<number, string[]>> {
  const links = await table(noteTagsTable).findAll({ where: { note_id: [...noteIds] }, include: 'tag' })
  const tags = new Map<number, string[]>(noteIds.map((id) => [id, []]))
  for (const link of links) tags.get(link.note_id)?.push((link.get('tag') as Row<typeof tagsTable>).name)
  return tags
}

/** Gives a note these tags and no others. Call it in a transaction. */
export async function setTags({ table }: ModuleContext, noteId: number, names: readonly string[]): Promise<void> {
  await table(noteTagsTable).destroy({ where: { note_id: noteId } })
  if (names.length === 0) return
  // Another request may add the same tag at this moment; whoever comes second uses the first one's.
  await table(tagsTable).bulkCreate(
    names.map((name) => ({ name })),
    { ignoreDuplicates: true },
  )
  const tags = await table(tagsTable).findAll({ where: { name: [...names] } })
  await table(noteTagsTable).bulkCreate(tags.map((tag) => ({ note_id: noteId, tag_id: tag.id })))
}
