/** Of a password: its form is right, and nobody knows it. */
export const HASH = 'c2FsdA==:1:aGFzaA=='

export const user = (name = 'bob', inner = '') =>
  `<user><name>${name}</name><password>${HASH}</password><roles><id>r</id></roles>${inner}</user>`

export const role = (permission = '<topic>a</topic>', id = 'r') =>
  `<role><id>${id}</id><permissions><permission>${permission}</permission></permissions></role>`

export const file = (users = user(), roles = role()) =>
  `<file-rbac><users>${users}</users><roles>${roles}</roles></file-rbac>`
