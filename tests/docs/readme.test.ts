import { test } from 'node:test'
import { followPage } from './page.js'

test('the README does what it says', () => followPage('README.md'))
