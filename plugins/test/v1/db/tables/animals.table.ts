import { defineTable, varchar } from 'm3saas'

export const animalsTable = defineTable('test_animals', {
  columns: { name: varchar(255) },
})
