import { defineCronjobs } from 'm3saas'
import { animalsTable } from './db/tables/animals.table.js'

export const jobs = defineCronjobs({
  /** Daily, as a job is that says nothing else. */
  count_animals: {
    async run({ table, log }) {
      const animals = await table(animalsTable).count()
      log.info({ animals }, `${animals} animals are kept`)
    },
  },
})
