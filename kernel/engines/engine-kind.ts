export type EngineKind = 'mysql' | 'sqlite'
