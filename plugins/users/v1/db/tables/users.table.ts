import { datetime, defineTable, email, ip, link, now, password, phone, varchar } from 'm3saas'

export const usersTable = defineTable('users', {
  columns: {
    name: varchar(100),
    /** In lower case, so that every engine compares it alike. */
    email: email().unique(),
    /** What password-hash.ts makes of it; the column type keeps it out of every response. */
    password: password(),
    phone: phone().nullable(),
    website: link().nullable(),
    created_at: datetime().default(now),
    last_login_at: datetime().nullable(),
    last_login_ip: ip().nullable(),
  },
})
