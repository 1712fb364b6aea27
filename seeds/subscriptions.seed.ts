import { defineSeed, subscriptions } from 'm3saas'

export default defineSeed(subscriptions, {
  main: [
    // first_tenant: test@v1, users@v1, notes@v1 and notes@v2 side by side
    { id: 1, tenant_id: 1, module_id: 1, version: 1 },
    { id: 2, tenant_id: 1, module_id: 2, version: 1 },
    { id: 3, tenant_id: 1, module_id: 3, version: 1 },
    { id: 4, tenant_id: 1, module_id: 3, version: 2 },
    // second_tenant: test@v1
    { id: 5, tenant_id: 2, module_id: 1, version: 1 },
  ],
})
