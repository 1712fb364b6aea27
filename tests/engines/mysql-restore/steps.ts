/** The steps of a restore that comes to its end, in order. */
export const FORWARD = [
  'journal',
  'shut out',
  'triggers',
  'rename',
  'definitions',
  'look',
  'events',
  'placed',
  'let in',
  'unlock',
  'clean',
]
/** Of one that is taken back. */
export const BACK = ['back', 'rename back', 'define again', 'done', 'unlock', 'clean']
/** Of whoever ends one that died behind `rename`, and of whoever takes one back. */
export const ENDED = ['define on', 'look on', 'events on', 'done', 'unlock', 'clean', 'drop']
export const TAKEN_BACK = ['rename back', 'define again', 'done', 'unlock', 'clean', 'drop']
