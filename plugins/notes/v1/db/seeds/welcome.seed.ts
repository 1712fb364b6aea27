import { defineSeed } from 'm3saas'
import { notesTable } from '../tables/notes.table.js'

/** Written by the team, the main seed of users@v1. */
const TEAM = 1

export const welcome = defineSeed(notesTable, {
  main: [
    {
      id: 1,
      owner_id: TEAM,
      title: 'Welcome',
      body: 'A shared note is seen by everybody, a private one by you alone.',
      visibility: 'shared',
      created_at: '2026-01-01T00:00:00Z',
      forced: true,
    },
  ],
  temporary: [
    {
      owner_id: TEAM,
      title: 'Try me',
      visibility: 'shared',
      checklist: [
        { text: 'write a note', done: true },
        { text: 'search for it', done: false },
      ],
    },
    { owner_id: TEAM, title: '100 % of the snacks', body: 'are in the kitchen', visibility: 'shared' },
  ],
})
