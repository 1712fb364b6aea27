import { defineModule, type Insert, M3Error } from 'm3saas'
import { animalsTable } from './db/tables/animals.table.js'

type Animal = Insert<typeof animalsTable>

const { row, rows, insert, update } = animalsTable.schema
const params = { type: 'object', properties: { id: { type: 'integer', minimum: 1 } } }

/** The sample module of the original system. */
export const test = defineModule({
  name: 'test',
  version: 1,
  tables: [animalsTable],
  routes(app, { table }) {
    const animals = () => table(animalsTable)

    app.get('/animals', { schema: { response: { 200: rows } } }, () => animals().findAll({ order: ['id'] }))

    app.get<{ Querystring: { name?: string } }>(
      '/animals',
      {
        constraints: { since: '1.2' },
        schema: {
          querystring: { type: 'object', properties: { name: insert.properties.name } },
          response: { 200: rows },
        },
      },
      ({ query: { name } }) => animals().findAll({ ...(name === undefined ? {} : { where: { name } }), order: ['id'] }),
    )

    app.post<{ Body: Animal }>(
      '/animals',
      { schema: { body: insert, response: { 201: row } } },
      async (request, reply) => {
        reply.code(201)
        return animals().create(request.body)
      },
    )

    app.put<{ Params: { id: number }; Body: Partial<Animal> }>(
      '/animals/:id',
      { constraints: { since: '1.1' }, schema: { params, body: update, response: { 200: row } } },
      async ({ params: { id }, body }) => {
        const animal = await animals().findByPk(id)
        if (!animal) throw new M3Error('NOT_FOUND', `There is no animal ${id}`)
        return animal.update(body)
      },
    )

    app.delete<{ Params: { id: number } }>(
      '/animals/:id',
      { schema: { params } },
      async ({ params: { id } }, reply) => {
        const removed = await animals().destroy({ where: { id } })
        if (removed === 0) throw new M3Error('NOT_FOUND', `There is no animal ${id}`)
        reply.code(204)
      },
    )
  },
})
