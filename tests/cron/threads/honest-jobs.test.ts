import assert from 'node:assert/strict'
import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { suiteEnding } from '../../support/ending.js'
import { type JobApp, startJobApp } from '../../support/job-app.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'

const SHELF = `import { belongsTo, defineModule, defineTable, int, varchar } from 'm3saas'
`
