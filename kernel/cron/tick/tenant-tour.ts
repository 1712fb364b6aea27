import type { TenantId } from '../../names.js'

interface Entry {
  readonly id: TenantId
}

/**
 * All tenants, page by page, from `first` to the highest id and then those before: several processes that begin anywhere
 * do not walk in step. `page` gives those behind an id in their order, and an empty list at the end.
 */
export async function* tenantsFrom<T extends Entry>(
  first: TenantId,
  page: (after: TenantId) => Promise<readonly T[]>,
): AsyncGenerator<T, void, undefined> {
  for (const [after, isOver] of [
    [first - 1, () => false],
    [0, ({ id }: T) => id >= first],
  ] as const) {
    let last: TenantId = after
    for (let tenants = await page(last); tenants.length > 0; tenants = await page(last)) {
      for (const tenant of tenants) {
        if (isOver(tenant)) return
        yield tenant
        last = tenant.id
      }
    }
  }
}
