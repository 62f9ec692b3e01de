import t from 'tap'
import { runCli, liveSelector, type Ran } from '../../support/cli.ts'

const night = [
  'routes',
  'add',
  'night',
  '--time',
  'mon-fri 18:00-08:00 Europe/Berlin',
  '--to',
  'reject:480',
  '--before',
  'did',
]

/** Words with blanks in them, which `portico` would cut. */
async function lines(t: Parameters<typeof liveSelector>[0]): Promise<{
  readonly portico: (command: string) => Promise<Ran>
  readonly words: (...argv: string[]) => Promise<Ran>
  readonly store: Awaited<ReturnType<typeof liveSelector>>['store']
}> {
  const { portico, url, store } = await liveSelector(t)
  const env = { PORTICO_URL: url, PORTICO_TOKEN: 'token-of-the-tests' }
  return { portico, store, words: (...argv) => runCli(argv, { env }) }
}

t.test('routes are added in an order, listed in it, and moved', async t => {
  const { portico, words } = await lines(t)
  t.match(await portico('routes ls'), { out: /no routes: a dialled number is an agent’s id/ })
  t.match(await portico('routes add did --prefix 4930 --trunk acision --to queue:sales --to agent:1001'), {
    code: 0,
  })
  t.match(await words(...night), { code: 0 })
  t.match(await portico('routes add last --pattern [0-9]+ --to idle:1001 --to idle --to pool --disabled'), {
    code: 0,
  })
  t.equal(
    (await portico('routes ls')).out,
    [
      '#  ID     ENABLED  DIRECTION  TRUNKS   NUMBER  ALSO   TO',
      '1  night  yes      in         -        -       times  reject:480',
      '2  did    yes      in         acision  4930…   -      queue:sales else agent:1001',
      '3  last   no       in         -        [0-9]+  -      idle:1001 else idle else pool',
      '',
    ].join('\n'),
  )
  t.strictSame(await portico('routes move last --before night'), {
    code: 0,
    out: 'last is number 1 now\n',
    error: '',
  })
  t.strictSame(await portico('routes move night --last'), {
    code: 0,
    out: 'night is number 3 now\n',
    error: '',
  })
  t.match(await portico('routes move night'), { code: 2, error: /--before <other> or --last/ })
  t.match(await portico('routes move night --before gone'), { code: 1, error: /there is no gone in routes/ })
  t.match(await portico('routes rm last'), { code: 0 })
  t.match((await portico('routes ls')).out, /1 {2}did .*\n2 {2}night /)
})

t.test('a change touches what it names', async t => {
  const { portico, store } = await lines(t)
  await portico('routes add did --prefix 4930 --trunk acision --strip 4 --to agent')
  await portico('routes set did --caller-prefix 49 --show-number 4930999 --privacy withhold')
  t.match((await store.routes.get('did'))?.item, {
    when: { number: { prefix: '4930' }, trunks: ['acision'], caller: { prefix: '49' } },
    rewrite: { strip: 4 },
    caller: { number: '4930999', privacy: 'withhold' },
  })
  await portico(
    'routes set did --clear trunk --clear rewrite --clear shown --to agent --to reject:486 --disabled',
  )
  const item = (await store.routes.get('did'))?.item
  t.strictSame(item?.when, { number: { prefix: '4930' }, caller: { prefix: '49' } })
  t.match(item, {
    enabled: false,
    rewrite: undefined,
    caller: undefined,
    to: [{ kind: 'agent' }, { kind: 'reject' }],
  })
})

t.test('a test says which route decides and why not the others', async t => {
  const { portico } = await lines(t)
  t.match(await portico('routes test 1001'), { code: 0, out: /no routes: 1001 goes to the agent of that id/ })
  await portico('routes add other --trunk other --to pool')
  await portico('routes add vip --header X-Tenant=a.* --to agent:1001')
  await portico('routes add did --pattern 4930(\\d+) --as $1 --to queue:sales --to reject:486')
  t.strictSame(await portico('routes test 4930123 --trunk acision'), {
    code: 0,
    out: 'other: not, because of its trunk\nvip: not, because of its header\ndid: fits; 123 goes to queue:sales, else reject:486\n',
    error: '',
  })
  t.match(await portico('routes test 4930123 --trunk acision --header x-tenant=acme'), { out: /vip: fits/ })
  t.match(await portico('routes test 7 --trunk acision'), {
    code: 1,
    error: /no route fits: the call gets 404/,
  })
  t.match(JSON.parse((await portico('routes test 4930123 --json')).out), {
    kind: 'matched',
    route: 'did',
    number: '123',
    passed: [{ id: 'other', failed: 'trunk' }, {}],
    morePassed: 0,
  })
})

t.test('what cannot be is refused before anything is written', async t => {
  const { portico, words } = await lines(t)
  for (const [command, error] of [
    ['routes add r', /required option '--to/],
    ['routes add r --to elsewhere', /agent\[:ID\]/],
    ['routes add r --to queue', /agent\[:ID\]/],
    ['routes add r --pattern 4(9 --to pool', /when.number.pattern|has a \( without its \)/],
    ['routes add r --prefix 4 --pattern 4 --to pool', /not both/],
    ['routes add r --direction out --to pool', /must be trunk or reject for the direction out/],
    ['routes add r --method OPTIONS --to pool', /only an INVITE goes anywhere/],
    ['routes add r --to reject:486 --to pool', /must have reject last/],
    ['routes add r --to reject:200 --to pool', /status/],
    ['routes add r --to pool --before gone', /there is no gone in routes/],
  ] as const) {
    const { code, error: told } = await portico(command)
    t.not(code, 0, command)
    t.match(told, error, command)
  }
  t.match(await words('routes', 'add', 'r', '--time', 'mon 25:00-26:00', '--to', 'pool'), {
    code: 1,
    error: /HH:MM/,
  })
  t.match(await words('routes', 'add', 'r', '--time', 'mon 08:00-10:00 Mars/X', '--to', 'pool'), {
    code: 1,
    error: /IANA/,
  })
  t.match((await portico('routes ls')).out, /no routes/)
})
