import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import t from 'tap'
import { root } from './support/paths.ts'

/** What each part may import from other parts. The first prefix that fits a file is its part; ARCHITECTURE.md explains. */
const mayImport: readonly (readonly [part: string, others: readonly string[]])[] = [
  ['runtime/', []],
  ['engine/message/', ['runtime/errors.ts']],
  ['engine/transaction/', ['engine/message/', 'engine/api.ts', 'runtime/clock.ts']],
  [
    'engine/dialog/',
    ['engine/message/', 'engine/transaction/timers.ts', 'engine/transaction/effects.ts', 'engine/api.ts'],
  ],
  ['engine/', ['engine/', 'runtime/']],
  ['selector/domain/', []],
  ['selector/ami/', ['selector/domain/', 'selector/store/store.ts', 'runtime/']],
  ['selector/store/', ['selector/domain/', 'selector/credentials.ts', 'runtime/', 'config/private-file.ts']],
  ['selector/', ['selector/', 'runtime/', 'config/', 'engine/message/digest.ts']],
  ['config/', ['runtime/', 'config/']],
  [
    'proxy/call/',
    ['proxy/ports.ts', 'engine/message/', 'selector/domain/', 'selector/store/store.ts', 'runtime/'],
  ],
  [
    'proxy/route/',
    [
      'proxy/ports.ts',
      'proxy/call/b-leg.ts',
      'engine/message/',
      'selector/domain/',
      'selector/store/store.ts',
      'runtime/',
    ],
  ],
  [
    'proxy/registrar/',
    ['proxy/ports.ts', 'engine/message/', 'selector/domain/', 'selector/store/store.ts', 'runtime/'],
  ],
  ['proxy/media/', ['proxy/ports.ts', 'runtime/']],
  ['proxy/edge/', ['proxy/ports.ts', 'proxy/edge/', 'engine/', 'runtime/']],
  ['proxy/main.ts', ['']],
  ['proxy/server-watch.ts', ['proxy/', 'config/', 'selector/', 'runtime/']],
  ['proxy/dialling.ts', ['proxy/', 'selector/', 'runtime/']],
  ['proxy/servers-side.ts', ['proxy/', 'config/', 'selector/', 'runtime/']],
  ['proxy/signalling.ts', ['proxy/', 'engine/', 'config/', 'runtime/']],
  ['proxy/', ['proxy/', 'engine/message/', 'selector/domain/', 'selector/store/store.ts', 'runtime/']],
  ['softphone/', ['runtime/errors.ts']],
  ['cli/', ['']],
  ['scripts/', ['']],
  ['test/', ['']],
]

/** The only places where a package may be imported. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  'drachtio-srf': ['proxy/edge/drachtio/'],
  ioredis: ['selector/store/redis/'],
  'asterisk-manager': ['selector/ami/'],
  'sip.js': ['softphone/'],
  preact: ['softphone/'],
  hono: ['selector/http/', 'selector/main.ts'],
  '@hono/node-server': ['selector/'],
  '@hono/zod-openapi': ['selector/'],
  'prom-client': ['selector/http/'],
  pino: ['runtime/log.ts'],
  commander: ['cli/'],
  yaml: ['config/'],
  selfsigned: ['config/certificate.ts'],
  ws: ['engine/transport/', 'proxy/edge/drachtio/', 'cli/synthetic/'],
  zod: ['config/', 'selector/', 'proxy/media/', 'cli/'],
}

/** Where decisions are made: no socket, clock, chance or environment inside. */
const pure = [
  'engine/message/',
  'engine/dialog/',
  'engine/transaction/invite-client.ts',
  'engine/transaction/invite-server.ts',
  'engine/transaction/non-invite-client.ts',
  'engine/transaction/non-invite-server.ts',
  'selector/domain/',
  'selector/ami/roster.ts',
  'selector/ami/vigilance.ts',
  'selector/ami/lag-probe.ts',
  'proxy/call/b-leg.ts',
  'proxy/call/call-state.ts',
  'proxy/call/connect.ts',
  'proxy/call/ending.ts',
  'proxy/call/failover.ts',
  'proxy/call/in-dialog.ts',
  'proxy/call/late-offer.ts',
  'proxy/call/move.ts',
  'proxy/call/parties.ts',
  'proxy/call/placing.ts',
  'proxy/call/transfer/refer.ts',
  'proxy/call/reoffer.ts',
  'proxy/call/sdp.ts',
  'proxy/call/transfer/transfer.ts',
  'proxy/call/trying.ts',
  'proxy/route/caller.ts',
  'proxy/route/vital-signs.ts',
  'proxy/trunk/caller-id.ts',
  'proxy/trunk/digest.ts',
  'proxy/trunk/headers.ts',
  'proxy/trunk/loop.ts',
  'proxy/trunk/number.ts',
  'proxy/media/commands.ts',
  'proxy/media/statistics.ts',
  'proxy/media/node-health.ts',
  'proxy/media/codecs.ts',
  'proxy/media/sdp.ts',
  'proxy/media/sdp-rules.ts',
  'proxy/media/address-scope.ts',
]
const impure =
  /\b(Date\.now|Math\.random|setTimeout|setInterval|setImmediate|process\.|performance\.now|randomBytes|randomUUID)\b/

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const product = ['runtime', 'engine', 'proxy', 'selector', 'config', 'cli', 'softphone', 'scripts']
const sources = product.flatMap(folder => [...read(folder)])

t.ok(sources.length > 100, 'the tree was read')

t.test('arrows point inward: each part imports only what its row allows', async t => {
  const breaches = sources.flatMap(({ path, imports }) => {
    const [part, others] = mayImport.find(([prefix]) => path.startsWith(prefix)) ?? [path, []]
    const allowed = [part, ...others]
    return imports
      .filter(target => target.startsWith('.'))
      .map(target => normalize(join(dirname(path), target)))
      .filter(target => !allowed.some(prefix => target.startsWith(prefix)))
      .map(target => `${path} → ${target}`)
  })
  t.strictSame(breaches, [])
})

t.test('each foreign package has one home', async t => {
  const breaches = sources
    .filter(({ path }) => !path.startsWith('scripts/'))
    .flatMap(({ path, imports }) =>
      imports
        .filter(target => !target.startsWith('.') && !target.startsWith('node:') && !target.startsWith('#'))
        .map(target =>
          target
            .split('/')
            .slice(0, target.startsWith('@') ? 2 : 1)
            .join('/'),
        )
        .filter(name => !onlyIn[name]?.some(prefix => path.startsWith(prefix)))
        .filter(() => !path.endsWith('vite.config.ts'))
        .map(name => `${path} imports ${name}`),
    )
  t.strictSame(breaches, [])
})

t.test('decisions hold no clock, chance, environment or socket', async t => {
  const breaches = sources
    .filter(({ path }) => pure.some(prefix => path.startsWith(prefix)))
    .flatMap(({ path, text, imports }) => [
      ...imports
        .filter(target => /^node:(?!crypto$|buffer$)/.test(target))
        .map(target => `${path} imports ${target}`),
      ...(impure.exec(text) ? [`${path} uses ${impure.exec(text)?.[0]}`] : []),
    ])
  t.strictSame(breaches, [])
})

t.test('only config/load.ts and the processes that start others read the environment', async t => {
  const readers = sources.filter(({ text }) => /\bprocess\.env\b/.test(text)).map(({ path }) => path)
  const allowed = /^(config\/(load|environment)\.ts|cli\/|scripts\/)/
  t.strictSame(
    readers.filter(path => !allowed.test(path)),
    [],
  )
})

t.test('there is no cycle among imports that exist at run time', async t => {
  const graph = new Map(
    sources.map(({ path, text }) => [
      path,
      importsOf(text.replaceAll(/(^|\n)(import|export) type\b/g, '$1'))
        .filter(target => target.startsWith('.'))
        .map(target => normalize(join(dirname(path), target))),
    ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
    if (trail.includes(path) || done.has(path)) return
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  t.strictSame(cycles, [])
})

t.test('the command line loads neither engine nor door before a command asks for them', async t => {
  const files = new Map(
    sources.map(({ path, text }) => [
      path,
      text.replaceAll(/import\('[^']+'\)|(^|\n)(import|export) type\b/g, '$1'),
    ]),
  )
  const loaded = new Set<string>()
  const load = (path: string): void => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const target of importsOf(files.get(path) ?? ''))
      if (target.startsWith('.')) load(normalize(join(dirname(path), target)))
  }
  load('cli/main.ts')
  t.ok(loaded.has('selector/client.ts'))
  const heavy = [...loaded].filter(path => /^(engine|proxy|selector\/(http|store|ami))\//.test(path))
  t.strictSame(heavy, [])
})

t.test('no file of the product is longer than 400 lines', async t => {
  const long = sources.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path)
  t.strictSame(long, [])
})

t.test('every folder of unit tests has a suite that runs it', async t => {
  const names = readdirSync(join(root, 'test/unit'), { withFileTypes: true })
  const folders = names.filter(entry => entry.isDirectory()).map(({ name }) => `${name}.suite.ts`)
  const suites = names.filter(({ name }) => name.endsWith('.suite.ts')).map(({ name }) => name)
  t.strictSame(suites.toSorted(), folders.toSorted())
})

function* read(folder: string): Generator<Source> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name) || entry.name.endsWith('.d.ts')) continue
    const path = relative(root, join(entry.parentPath, entry.name)).split(sep).join('/')
    const text = readFileSync(join(root, path), 'utf8')
    yield { path, text, imports: importsOf(text) }
  }
}

function importsOf(text: string): readonly string[] {
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)\b[^'"\n;]*(?:\{[^}]*\}[^'"\n;]*)?from '([^']+)'|\bimport\('([^']+)'\)/g,
  )
  return [...found].map(match => match[1] ?? match[2] ?? '')
}
