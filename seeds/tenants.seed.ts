import { defineSeed, tenants } from 'm3saas'

/** The id stands in the URL, the name is that of the database, the user that of the database user. */
export default defineSeed(tenants, {
  main: [
    { id: 1, name: 'first_tenant', user: 'first_tenant_user', password: 'change me first' },
    { id: 2, name: 'second_tenant', user: 'second_tenant_user', password: 'change me second' },
  ],
})
