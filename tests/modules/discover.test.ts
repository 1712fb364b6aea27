import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import { type Discovery, discover } from '../../kernel/modules/discover.js'
import { makeAppRoot } from './app-root.js'

const RULE = 'is not loaded: a version folder is named v and a positive integer without a leading zero, such as'

function lines({ faults }: Discovery): string[] {
  return faults.map(({ path: place, message }) => `${place} ${message}`)
}

test('an app root without plugins and package.json has no modules', async (t) => {
  const found = await discover(await makeAppRoot(t))
  assert.equal(found.sources.size + found.unavailable.size + found.faults.length, 0)
})

test('JavaScript is loaded as it is, TypeScript from its compiled twin', async (t) => {
  const root = await makeAppRoot(t, {
    'plugins/a/v1/a.module.js': '',
    'plugins/a/v10/a.module.mjs': '',
    'plugins/b/v2/b.module.ts': '',
    'dist/plugins/b/v2/b.module.js': '',
    'plugins/c/v1/c.module.ts': '',
    'plugins/README.md': '',
    'plugins/.git/v1/x': '',
    'plugins/node_modules/x/v1/x': '',
    'plugins/a/shared/words.js': '',
  })
  const found = await discover(root)
  assert.deepEqual(
    [...found.sources.values()].map(({ name, file, origin }) => [name, path.relative(root, file), origin]),
    [
      ['a@v1', 'plugins/a/v1/a.module.js', 'plugins/a/v1'],
      ['a@v10', 'plugins/a/v10/a.module.mjs', 'plugins/a/v10'],
      ['b@v2', 'dist/plugins/b/v2/b.module.js', 'plugins/b/v2'],
    ],
  )
  assert.deepEqual(
    [...found.unavailable],
    [['c@v1', "plugins/c/v1/c.module.ts is not compiled: run the project's build"]],
  )
  assert.deepEqual(found.faults, [])
})

describe('what looks like a module and is none is named', () => {
  const cases: [string, string[], string[]][] = [
    ...(
      [
        ['1', 'v1'],
        ['V1', 'v1'],
        ['v1.1', 'v1'],
        ['v1z', 'v1'],
        ['v01', 'v1'],
        ['v0', 'v1'],
        ['v64.2', 'v64'],
        ['version 3', 'v3'],
        ['v9999999999', 'v1'],
      ] as const
    ).map(([folder, right]): [string, string[], string[]] => [
      `the folder ${folder}`,
      [`plugins/test/${folder}/test.module.js`],
      [`plugins/test/${folder} ${RULE} ${right}`],
    ]),
    ['a version by its look alone', ['plugins/test/v1z/notes.txt'], [`plugins/test/v1z ${RULE} v1`]],
    ['a root file in any other folder', ['plugins/test/first/test.module.ts'], [`plugins/test/first ${RULE} v1`]],
    [
      'a folder that is no module name',
      ['plugins/9lives/v1/9lives.module.js', 'plugins/migrate/v1/migrate.module.js', 'plugins/cron/v1/cron.module.js'],
      ['9lives', 'cron', 'migrate'].map(
        (name) =>
          `plugins/${name} is not loaded: the name of a module is a letter, then letters, digits, _ or -, at most 64, and not "migrate", "cron" or "backups"`,
      ),
    ],
    [
      'a version without a root file',
      ['plugins/test/v1/tests.module.js', 'plugins/test/v1/test.module.d.ts'],
      ['plugins/test/v1 has no root file: add test.module.ts, .js or .mjs'],
    ],
    [
      'a module without a version',
      ['plugins/test/test.module.js'],
      ['plugins/test has no version: add v1/test.module.ts, .js or .mjs'],
    ],
    [
      'two root files',
      ['plugins/test/v1/test.module.js', 'plugins/test/v1/test.module.ts'],
      ['plugins/test/v1 has more than one root file, test.module.js and test.module.ts: keep one'],
    ],
  ]
  for (const [behaviour, files, faults] of cases) {
    test(behaviour, async (t) => {
      const found = await discover(await makeAppRoot(t, Object.fromEntries(files.map((file) => [file, '']))))
      assert.deepEqual(lines(found), faults)
      assert.deepEqual([...found.sources.keys()], [])
    })
  }
})

test('a linked module is followed, a link that leads nowhere is named', async (t) => {
  const root = await makeAppRoot(t, { 'elsewhere/a/v1/a.module.js': '' })
  await mkdir(path.join(root, 'plugins'))
  await symlink(path.join(root, 'elsewhere/a'), path.join(root, 'plugins/a'))
  await symlink(path.join(root, 'elsewhere/gone'), path.join(root, 'plugins/b'))
  const found = await discover(root)
  assert.deepEqual([...found.sources.keys()], ['a@v1'])
  assert.deepEqual(lines(found), ['plugins/b is a link that leads nowhere'])
})

test('modules whose names differ by case alone are not both loaded', async (t) => {
  const root = await makeAppRoot(t, { 'plugins/Test/v1/Test.module.js': '', 'plugins/test/v2/test.module.js': '' })
  const found = await discover(root)
  assert.deepEqual([...found.sources.keys()], ['Test@v1'])
  assert.match(
    found.unavailable.get('test@v2') ?? '',
    /^plugins\/test\/v2 and plugins\/Test\/v1 differ in upper and lower case alone: rename one$/,
  )
})

describe('npm packages', () => {
  const field = (value: unknown) => JSON.stringify({ name: 'm3saas-weather', m3saas: value })
  const rootJson = JSON.stringify({ dependencies: { 'm3saas-weather': '1' }, devDependencies: { other: '1' } })

  test('a dependency with an m3saas field brings its versions, and one without is passed over', async (t) => {
    const root = await makeAppRoot(t, {
      'package.json': JSON.stringify({ dependencies: { '@acme/weather': '1', plain: '1' } }),
      'node_modules/plain/package.json': '{}',
      'node_modules/@acme/weather/package.json': JSON.stringify({
        exports: './index.js',
        m3saas: { module: 'weather', versions: { v1: './dist/v1', v2: 'dist/v2/' } },
      }),
      'node_modules/@acme/weather/dist/v1/weather.module.js': '',
      'node_modules/@acme/weather/dist/v2/weather.module.mjs': '',
    })
    const found = await discover(root)
    assert.deepEqual(lines(found), [])
    assert.deepEqual(
      [...found.sources.values()].map(({ name, origin }) => [name, origin]),
      [
        ['weather@v1', 'package @acme/weather (v1)'],
        ['weather@v2', 'package @acme/weather (v2)'],
      ],
    )
  })

  test('a package of a folder above is found, as Node finds it', async (t) => {
    const root = await makeAppRoot(t, {
      'node_modules/m3saas-weather/package.json': field({ module: 'weather', versions: { v1: '.' } }),
      'node_modules/m3saas-weather/weather.module.js': '',
      'apps/one/package.json': rootJson,
    })
    assert.deepEqual([...(await discover(path.join(root, 'apps/one'))).sources.keys()], ['weather@v1'])
  })

  test('the same version from two places is loaded from neither, and both are named', async (t) => {
    const root = await makeAppRoot(t, {
      'package.json': rootJson,
      'node_modules/m3saas-weather/package.json': field({ module: 'weather', versions: { v1: './v1' } }),
      'node_modules/m3saas-weather/v1/weather.module.js': '',
      'plugins/weather/v1/weather.module.js': '',
    })
    const found = await discover(root)
    assert.equal(found.sources.size, 0)
    assert.equal(
      found.unavailable.get('weather@v1'),
      'weather@v1 is in two places, plugins/weather/v1 and package m3saas-weather (v1): remove one',
    )
  })

  const here = 'package m3saas-weather'
  const cases: [string, Record<string, string>, RegExp[]][] = [
    ['not installed', {}, [/^package m3saas-weather is named in the dependencies .* run npm install$/]],
    ['broken JSON', { 'package.json': '{' }, [/^package m3saas-weather its package.json is not JSON: /]],
    ['a field of the wrong type', { 'package.json': field('weather') }, [/^package m3saas-weather: m3saas must be an/]],
    [
      'every fault of a field',
      {
        'package.json': field({
          module: '../x',
          versions: { v1: '../../other', v01: './v1', v2: '/etc', v3: 7 },
          extra: 1,
        }),
      },
      [
        /: m3saas.extra is not known; known are module, versions$/,
        /: m3saas.module must be a letter/,
        /: m3saas.versions.v1 must be a folder inside the package/,
        /: m3saas.versions.v01 a version is v and a positive integer/,
        /: m3saas.versions.v2 must be a folder inside/,
        /: m3saas.versions.v3 must be a folder inside/,
      ],
    ],
    [
      'a folder that is not there',
      { 'package.json': field({ module: 'weather', versions: { v1: './dist/v1' } }) },
      [/^package m3saas-weather \(v1\) its folder \.\/dist\/v1 is not in the package$/],
    ],
    [
      'a folder that is not compiled',
      {
        'package.json': field({ module: 'weather', versions: { v1: './src' } }),
        'src/weather.module.ts': '',
      },
      [/^package m3saas-weather \(v1\) has no root file: a package brings \.\/src\/weather\.module\.js or \.mjs/],
    ],
  ]
  for (const [behaviour, files, faults] of cases) {
    test(`${behaviour}: the package is named, and nothing of it is loaded`, async (t) => {
      const inside = Object.entries(files).map(([file, content]) => [`node_modules/m3saas-weather/${file}`, content])
      const root = await makeAppRoot(t, { 'package.json': rootJson, ...Object.fromEntries(inside) })
      const found = await discover(root)
      assert.equal(found.sources.size, 0)
      assert.equal(found.faults.length, faults.length, lines(found).join('\n'))
      for (const [i, fault] of faults.entries()) assert.match(lines(found)[i] ?? '', fault)
      for (const line of lines(found)) assert.ok(line.startsWith(here))
    })
  }

  test('a broken package.json of the app root is named, and plugins are loaded all the same', async (t) => {
    const root = await makeAppRoot(t, { 'package.json': '{,}', 'plugins/a/v1/a.module.js': '' })
    const found = await discover(root)
    assert.match(lines(found).join(), /^package\.json is not JSON/)
    assert.deepEqual([...found.sources.keys()], ['a@v1'])
  })
})
