import type { SqlValue } from '../contract/context.js'
import type { Session } from '../engines/contract.js'
import type { TenantState } from '../migrations/fleet/fleet-decisions.js'
import type { RunState } from '../migrations/fleet/fleet-events.js'
import type { RunStateStore, TenantNote } from '../migrations/fleet/fleet-parts.js'
import type { TenantId } from '../names.js'
import { selectIn } from './select-in.js'

const RUNS = 'm3saas_fleet_runs'
const TENANTS = 'm3saas_fleet_tenants'

/** Types that both engines know. Numbers are given out under the lock of the fleet. */
const CREATE = [
  `CREATE TABLE IF NOT EXISTS ${RUNS} (
  id INT NOT NULL PRIMARY KEY,
  state VARCHAR(10) NOT NULL,
  started_at DATETIME(3) NOT NULL,
  ended_at DATETIME(3)
)`,
  `CREATE TABLE IF NOT EXISTS ${TENANTS} (
  run_id INT NOT NULL,
  tenant_id BIGINT NOT NULL,
  state VARCHAR(10) NOT NULL,
  fingerprint VARCHAR(64),
  error_code VARCHAR(40),
  error TEXT,
  ms INT,
  PRIMARY KEY (run_id, tenant_id)
)`,
]

const COLUMNS = 'run_id, tenant_id, state, fingerprint, error_code, error, ms'
/** Rows a statement; lists are filled up to a power of two, so that a server meets few statements. */
const PORTION = 128
/** Fits MySQL's TEXT, whatever the characters. */
const LONGEST_ERROR = 16_000

/**
 * How far a migration of all tenants has come, kept in the catalog: a row a run, and a row a tenant of the latest run.
 * Used by the one session that holds the lock of the fleet.
 */
export class FleetState implements RunStateStore {
  readonly #queue = new Map<TenantId, TenantNote>()
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  private constructor(
    readonly session: Session,
    readonly run: number,
    readonly continued: boolean,
    readonly tenants: number,
  ) {}

  /** Takes up the latest run unless all of it is done, or `restart` says otherwise; every tenant of the catalog has its row then. */
  static async open(session: Session, restart: boolean): Promise<FleetState> {
    for (const statement of CREATE) await session.execute(statement)
    const latest = (
      await session.select<{ id: number; state: RunState }>(`SELECT id, state FROM ${RUNS} ORDER BY id DESC LIMIT 1`)
    )[0]
    const continued = !restart && latest !== undefined && latest.state !== 'done'
    const run = continued ? latest.id : (latest?.id ?? 0) + 1
    const tenants = await session.transaction(async (inner) => {
      if (continued) await takeUp(inner, run)
      else await begin(inner, run)
      await inner.run(
        `INSERT INTO ${TENANTS} (run_id, tenant_id, state) SELECT ?, t.id, 'pending' FROM tenants t WHERE NOT EXISTS` +
          ` (SELECT 1 FROM ${TENANTS} f WHERE f.run_id = ? AND f.tenant_id = t.id)`,
        [run, run],
      )
      const [row] = await inner.select<{ number: unknown }>(
        `SELECT COUNT(*) AS number FROM ${TENANTS} WHERE run_id = ?`,
        [run],
      )
      return Number(row?.number ?? 0)
    })
    return new FleetState(session, run, continued, tenants)
  }

  async known(ids: readonly TenantId[]): Promise<ReadonlyMap<TenantId, TenantState>> {
    const rows = await selectIn<TenantState & { tenant: TenantId }>(
      this.session,
      `SELECT tenant_id AS tenant, state, fingerprint FROM ${TENANTS} WHERE run_id = ${this.run} AND tenant_id IN (?)`,
      ids,
    )
    return new Map(rows.map(({ tenant, state, fingerprint }) => [tenant, { state, fingerprint }]))
  }

  /** Along with all that was noted meanwhile. */
  write(note: TenantNote): Promise<void> {
    this.#queue.set(note.tenant, note)
    return this.flush()
  }

  async writeLater(note: TenantNote): Promise<void> {
    this.#queue.set(note.tenant, note)
    if (this.#queue.size >= PORTION) await this.flush()
  }

  flush(): Promise<void> {
    this.#next ??= this.#writing
      // Whoever waited for it has heard of its failure.
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        this.#writing = this.#writeAll()
        return this.#writing
      })
    return this.#next
  }

  async end(state: RunState): Promise<void> {
    await this.flush()
    await this.session.run(`UPDATE ${RUNS} SET state = ?, ended_at = ? WHERE id = ?`, [state, new Date(), this.run])
  }

  async #writeAll(): Promise<void> {
    const notes = [...this.#queue.values()]
    this.#queue.clear()
    for (let start = 0; start < notes.length; start += PORTION) {
      const portion = notes.slice(start, start + PORTION)
      const size = 2 ** Math.ceil(Math.log2(portion.length))
      const rows = Array.from({ length: size }, (_, i) => portion[i] ?? (portion[0] as TenantNote))
      const values = rows.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ')
      await this.session.run(
        `REPLACE INTO ${TENANTS} (${COLUMNS}) VALUES ${values}`,
        rows.flatMap((note) => this.#valuesOf(note)),
      )
    }
  }

  #valuesOf({ tenant, state, fingerprint, error, ms }: TenantNote): SqlValue[] {
    const text = error && [error.message, ...(error.faults ?? []).map((fault) => `${fault.path}: ${fault.message}`)]
    return [
      this.run,
      tenant,
      state,
      fingerprint,
      error?.code ?? null,
      text?.join('\n').slice(0, LONGEST_ERROR) ?? null,
      ms,
    ]
  }
}

/** What a run noted of a tenant that is removed: another one may be given its id. */
export async function forgetTenant(session: Session, tenant: TenantId): Promise<void> {
  for (const statement of CREATE) await session.execute(statement)
  await session.run(`DELETE FROM ${TENANTS} WHERE tenant_id = ?`, [tenant])
}

async function begin(session: Session, run: number): Promise<void> {
  await session.run(`DELETE FROM ${TENANTS}`)
  await session.run(`INSERT INTO ${RUNS} (id, state, started_at) VALUES (?, 'running', ?)`, [run, new Date()])
}

async function takeUp(session: Session, run: number): Promise<void> {
  await session.run(`UPDATE ${RUNS} SET state = 'running', ended_at = NULL WHERE id = ?`, [run])
  await session.run(`DELETE FROM ${TENANTS} WHERE tenant_id NOT IN (SELECT id FROM tenants)`)
  await session.run(
    `UPDATE ${TENANTS} SET state = 'pending', error_code = NULL, error = NULL WHERE run_id = ? AND state <> 'done'`,
    [run],
  )
}
