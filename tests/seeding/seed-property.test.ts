import { onBothEngines } from '../support/fresh-databases.js'
import { seedProperty } from './seed-property.js'

await onBothEngines('seed_property', (databases) => seedProperty(databases, 60))
