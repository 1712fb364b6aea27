import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import {
  bigint,
  blob,
  boolean,
  datetime,
  decimal,
  defineModule,
  defineSeed,
  defineTable,
  defineView,
  enumeration,
  type Insert,
  id,
  int,
  json,
  type ModuleContext,
  now,
  type Row,
  type TableModel,
  text,
  type ViewModel,
  type ViewRow,
  varchar,
} from '../../kernel/index.js'

/** What is checked here is checked by the compiler: this file fails to build if a type is inferred wrongly. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Expect<T extends true> = T

const boats = defineTable('boats', {
  columns: {
    name: varchar(50),
    draught: decimal(5, 2).nullable(),
    kind: enumeration('sail', 'motor').default('sail'),
    afloat: boolean(),
    built: datetime().default(now),
    log: json<{ readonly miles: number }>().nullable(),
    photo: blob().nullable(),
    miles: bigint(),
    remarks: text().nullable(),
  },
  indexes: [['name', 'id'], { columns: ['built'], unique: true }],
})

const berths = defineTable('berths', {
  columns: {
    harbour: varchar(20).primary(),
    number: int().primary(),
    boat_id: id().references(boats).nullable(),
  },
})

const fleet = defineView('fleet', {
  sql: 'SELECT name, built FROM boats',
  columns: { name: varchar(50), built: datetime().nullable() },
  reads: [boats],
})

type BoatRow = Expect<
  Equal<
    Row<typeof boats>,
    {
      id: number
      name: string
      draught: string | null
      kind: 'sail' | 'motor'
      afloat: boolean
      built: Date
      log: { readonly miles: number } | null
      photo: Uint8Array | null
      miles: string
      remarks: string | null
    }
  >
>

type BoatInsertType = Insert<typeof boats>
type BoatInsert = Expect<
  Equal<
    Pick<BoatInsertType, keyof BoatInsertType>,
    {
      id?: number
      name: string
      afloat: boolean
      miles: string | number | bigint
      draught?: string | number | null
      kind?: 'sail' | 'motor'
      built?: Date | string
      log?: { readonly miles: number } | null
      photo?: Uint8Array | null
      remarks?: string | null
    }
  >
>

/** No `id` of its own where the declaration names a primary key. */
type BerthRow = Expect<Equal<Row<typeof berths>, { harbour: string; number: number; boat_id: number | null }>>

type FleetRow = Expect<Equal<ViewRow<typeof fleet>, { readonly name: string; readonly built: Date | null }>>

const auth = defineModule({ name: 'auth', version: 1, exports: async () => ({ userOf: () => 'ann' }) })
const plain = defineModule({ name: 'plain', version: 1 })

/** Never called: its body is what the compiler checks. */
async function checked(context: ModuleContext, app: FastifyInstance) {
  const model: TableModel<typeof boats> = context.table(boats)
  const found = await model.findByPk(1)
  const kind: 'sail' | 'motor' | undefined = found?.kind
  const created = await model.create({ name: 'Ida', afloat: true, miles: 5n })
  const built: Date = created.built
  // @ts-expect-error a column that is neither nullable nor has a default cannot be left out
  await model.create({ name: 'Ida', afloat: true })
  // @ts-expect-error no such word in the enumeration
  await model.update({ kind: 'rowing' }, { where: { id: 1 } })
  // @ts-expect-error no such column
  await model.findAll({ where: { nmae: 'Ida' } })
  const views: ViewModel<typeof fleet> = context.view(fleet)
  const first: string | undefined = (await views.findAll())[0]?.name
  const exported: { userOf: () => string } = context.use(auth)
  const nothing: undefined = context.use(plain)
  const rows = await context.sql<{ n: number }>`SELECT 1 AS n WHERE ${found?.id ?? null} IS NULL`
  const n: number | undefined = rows[0]?.n
  // @ts-expect-error a table between is not a value that can be bound
  await context.sql`SELECT ${boats}`
  app.get('/boats', { schema: { response: { 200: boats.schema.rows } } }, () => model.findAll())
  return { kind, built, first, exported, nothing, n }
}

test('seeds, indexes and defaults of the wrong shape are refused by the compiler and at run time', () => {
  const seeded = { name: 'Ida', afloat: true, miles: 1 }
  defineSeed(boats, { main: [{ ...seeded, id: 1, forced: true }], temporary: [seeded] })
  // @ts-expect-error a number is no name
  defineSeed(boats, { temporary: [{ ...seeded, name: 1 }] })
  const index = ['mane'] as const
  // @ts-expect-error an index of a column that is not there
  assert.throws(() => defineTable('rafts', { columns: { name: varchar() }, indexes: [[...index]] }), /not declared/)
  // @ts-expect-error a default of the wrong type
  assert.throws(() => defineTable('rafts', { columns: { logs: int().default('many') } }), /not declared/)
  assert.equal(typeof checked, 'function')
})

export type Checked = [BoatRow, BoatInsert, BerthRow, FleetRow]
