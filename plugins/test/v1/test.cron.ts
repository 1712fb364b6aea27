import { defineCronjobs } from 'm3saas'
import { animalsTable } from './db/tables/animals.table.js'

export const jobs = defineCronjobs({
  /** Daily, as a job is that says nothing else. The last count is kept for those who subscribe later. */
  count_animals: {
    async run({ table, mqtt, log }) {
      const animals = await table(animalsTable).count()
      log.info({ animals }, `${animals} animals are kept`)
      if (mqtt.enabled) await mqtt.publish('animals/count', String(animals), { retain: true })
    },
  },

  /** The message of the original system’s example. */
  greet: {
    repeat: 'week',
    async run({ mqtt }) {
      if (mqtt.enabled) await mqtt.publish('hello/world', 'Hello from the server!')
    },
  },
})
