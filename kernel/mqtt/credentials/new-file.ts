import type { BrokerUser, PasswordType } from './credentials.js'
import { addUser } from './edit.js'

/** Of tenants and other clients. */
export const SCOPED_ROLE = 'scoped-role'
/** Of the server itself, at a broker that it does not run. */
export const SERVER_ROLE = 'server-role'

const USERNAME = '$' + '{{username}}'

/** Not written without its first user: HiveMQ refuses a file that has none. */
const WITHOUT_USERS = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!-- Who may sign in to the broker, and what roles may do. Edited by hand or by "m3saas mqtt user". -->
<file-rbac>
    <users>
    </users>
    <roles>
        <!-- Of a tenant or an app: the server publishes to it, and its clients talk among themselves. -->
        <role>
            <id>${SCOPED_ROLE}</id>
            <permissions>
                <permission>
                    <topic>${USERNAME}/#</topic>
                    <activity>SUBSCRIBE</activity>
                </permission>
                <permission>
                    <topic>${USERNAME}/clients/#</topic>
                </permission>
            </permissions>
        </role>
        <!-- Of the server: it publishes, and reads nothing. -->
        <role>
            <id>${SERVER_ROLE}</id>
            <permissions>
                <permission>
                    <topic>#</topic>
                    <activity>PUBLISH</activity>
                </permission>
            </permissions>
        </role>
    </roles>
</file-rbac>
`

/** A new `credentials.xml` with the two roles of the product and one user. Throws BROKER_USER_REFUSED if it has other roles. */
export function newCredentials(type: PasswordType, user: BrokerUser): string {
  return addUser(WITHOUT_USERS, type, user)
}
