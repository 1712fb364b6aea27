import * as c from '../../kernel/contract/columns.js'
import { defineTable } from '../../kernel/contract/define-table.js'
import { defineView } from '../../kernel/contract/define-view.js'
import type { Database, Session } from '../../kernel/engines/contract.js'
import { declare } from '../support/schemas.js'

const COUNTRIES = 20
const CUSTOMERS = 1000
const ORDERS = 1500
const ITEMS = 2000
const LEGACY = 300

/** What the database of the kill tests is declared to hold at first. */
export function declareBefore() {
  const countries = defineTable('countries', { columns: { code: c.varchar(5).primary(), label: c.varchar(20) } })
  const customers = defineTable('customers', {
    columns: {
      name: c.varchar(50),
      email: c.varchar(50),
      country: c.varchar(5).references(countries, { column: 'code', onUpdate: 'cascade' }),
      notes: c.text().nullable(),
      level: c.int().nullable(),
    },
  })
  const orders = defineTable('orders', {
    columns: {
      customer_id: c.id().references(customers, { onDelete: 'cascade' }),
      total: c.decimal(10, 2),
      state: c.enumeration('new', 'paid'),
      code: c.varchar(20).index(),
    },
  })
  const items = defineTable('items', {
    columns: {
      order_id: c.id().references(orders, { onDelete: 'cascade' }),
      product: c.varchar(20),
      amount: c.int(),
    },
  })
  const legacy = defineTable('legacy', { columns: { old: c.int() } })
  const paid = defineView('paid', {
    sql: "SELECT id, total FROM orders WHERE state = 'paid'",
    columns: { id: c.id(), total: c.decimal(10, 2) },
    reads: [orders],
  })
  const large = defineView('large', {
    sql: 'SELECT id FROM paid WHERE total > 100',
    columns: { id: c.id() },
    reads: [paid],
  })
  return declare({ tables: [countries, customers, orders, items, legacy], views: [paid, large] })
}

/** And then: everything that a migration can do, on several tables, much of it destructive. */
export function declareAfter() {
  const countries = defineTable('countries', {
    columns: { code: c.varchar(5).primary(), title: c.varchar(40).renamedFrom('label') },
  })
  const clients = defineTable('clients', {
    renamedFrom: 'customers',
    columns: {
      full_name: c.varchar(50).renamedFrom('name').index(),
      email: c.varchar(50).unique(),
      country: c.varchar(5).references(countries, { column: 'code', onUpdate: 'cascade' }),
      level: c.int().default(1),
      vip: c.boolean().default(false),
    },
  })
  const orders = defineTable('orders', {
    columns: {
      client_id: c.id().renamedFrom('customer_id').references(clients, { onDelete: 'restrict' }),
      total: c.decimal(12, 3),
      state: c.enumeration('new', 'paid', 'lost'),
      code: c.varchar(20).unique(),
    },
  })
  const items = defineTable('items', {
    columns: {
      order_id: c.id().references(orders, { onDelete: 'cascade' }),
      amount: c.smallint(),
      sku: c.varchar(20).default('-'),
      country: c.varchar(5).nullable().references(countries, { column: 'code', onDelete: 'set null' }),
    },
    indexes: [['amount', 'sku']],
  })
  const tags = defineTable('tags', { columns: { client_id: c.id().references(clients), word: c.varchar(20) } })
  const paid = defineView('paid', {
    sql: "SELECT id, client_id, total FROM orders WHERE state = 'paid'",
    columns: { id: c.id(), client_id: c.id(), total: c.decimal(12, 3) },
    reads: [orders],
  })
  const payers = defineView('payers', {
    sql: 'SELECT paid.id, clients.full_name FROM paid JOIN clients ON clients.id = paid.client_id',
    columns: { id: c.id(), full_name: c.varchar(50) },
    reads: [paid, clients],
  })
  return declare({ tables: [countries, clients, orders, items, tags], views: [paid, payers] })
}

type Cell = string | number | null
const numbers = (count: number) => Array.from({ length: count }, (_none, i) => i + 1)
const pad = (n: number) => String(n).padStart(6, '0')

/** The rows of `declareBefore`, by column. */
export async function fill(database: Database): Promise<void> {
  await database.session(async (session) => {
    await insert(session, 'countries', ['code', 'label'], numbers(COUNTRIES), (n) => [`c${n}`, `country ${n}`])
    await insert(
      session,
      'customers',
      ['id', 'name', 'email', 'country', 'notes', 'level'],
      numbers(CUSTOMERS),
      (n) => [
        ...[n, `name ${pad(n)}`, `${n}@example.com`, `c${(n % COUNTRIES) + 1}`],
        ...[n % 2 ? 'x'.repeat(100) : null, n % 3 || null],
      ],
    )
    await insert(session, 'orders', ['id', 'customer_id', 'total', 'state', 'code'], numbers(ORDERS), (n) => [
      ...[n, (n % CUSTOMERS) + 1, `${n % 500}.25`, n % 2 ? 'new' : 'paid', `o${n}`],
    ])
    await insert(session, 'items', ['id', 'order_id', 'product', 'amount'], numbers(ITEMS), (n) => [
      ...[n, (n % ORDERS) + 1, `p${n % 7}`, n % 300],
    ])
    await insert(session, 'legacy', ['id', 'old'], numbers(LEGACY), (n) => [n, n])
  })
}

const AT_ONCE = 500

async function insert(
  session: Session,
  table: string,
  columns: readonly string[],
  rows: readonly number[],
  cells: (n: number) => readonly Cell[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const batch = rows.slice(i, i + AT_ONCE).map(cells)
    const places = batch.map(() => `(${columns.map(() => '?').join(', ')})`).join(', ')
    await session.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places}`, batch.flat())
  }
}

/** What every table of `declareAfter` is to hold, in the order of its key. */
export const EXPECTED: Readonly<Record<string, readonly Readonly<Record<string, Cell>>[]>> = {
  countries: numbers(COUNTRIES)
    .map((n) => ({ code: `c${n}`, title: `country ${n}` }))
    .sort((a, b) => (a.code < b.code ? -1 : 1)),
  clients: numbers(CUSTOMERS).map((n) => ({
    ...{ id: n, full_name: `name ${pad(n)}`, email: `${n}@example.com`, country: `c${(n % COUNTRIES) + 1}` },
    ...{ level: n % 3 || 1, vip: 0 },
  })),
  orders: numbers(ORDERS).map((n) => ({
    ...{ id: n, client_id: (n % CUSTOMERS) + 1, total: `${n % 500}.250`, state: n % 2 ? 'new' : 'paid', code: `o${n}` },
  })),
  items: numbers(ITEMS).map((n) => ({ id: n, order_id: (n % ORDERS) + 1, amount: n % 300, sku: '-', country: null })),
  tags: [],
}
