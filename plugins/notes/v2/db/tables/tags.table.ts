import { belongsTo, belongsToMany, defineTable, id, varchar } from 'm3saas'
import { notesTable } from '../../../v1/db/tables/notes.table.js'

export const tagsTable = defineTable('tags', {
  columns: { name: varchar(50).unique() },
  relations: {
    notes: belongsToMany(notesTable, { through: 'note_tags', foreignKey: 'tag_id', otherKey: 'note_id' }),
  },
})

/** Which note has which tag. */
export const noteTagsTable = defineTable('note_tags', {
  columns: {
    note_id: id().references(notesTable, { onDelete: 'cascade' }).primary(),
    tag_id: id().references('tags', { onDelete: 'cascade' }).primary().index(),
  },
  relations: { tag: belongsTo('tags', 'tag_id') },
})
