import t from 'tap'
import { load } from '../../support/fleet.ts'
import { liveSelector } from '../../support/cli.ts'

const addAst1 =
  'servers add ast1 --sip 127.0.1.1 --ami 127.0.1.1:5038 --ami-user portico --capacity 100 --ami-secret-stdin'

t.test('media servers are added, listed with their load, changed, drained and removed', async t => {
  const { portico, store, clock } = await liveSelector(t)
  t.match(await portico('servers ls'), {
    code: 0,
    out: 'no media servers; add one with: portico servers add\n',
  })
  t.strictSame(await portico(addAst1, 'canary-secret\n'), { code: 0, out: 'ast1 added\n', error: '' })
  t.equal((await store.servers.get('ast1'))?.item.ami.secret, 'canary-secret')
  await store.ledger.putLoad(
    'ast1',
    load({ waiting: 3, inCall: 12, takenAt: clock.wall() - 1_500, state: 'known' }),
  )
  await store.ledger.putHealth('ast1', 'up')
  const { out } = await portico('servers ls')
  t.equal(
    out,
    [
      'ID    WANTED  HEALTH  AMI    WAITING  IN CALL  RESERVED  CAPACITY  CLIENTS  AGE    ZONE     SIP',
      'ast1  active  up      known        3       12         0       100        0  1.5 s  default  127.0.1.1:5060/udp',
      '',
    ].join('\n'),
  )
  t.match(await portico('servers set ast1 --capacity 50 --sip 127.0.1.2:5080 --zone z2'), { code: 0 })
  t.match((await store.servers.get('ast1'))?.item, {
    capacity: 50,
    zone: 'z2',
    sip: { host: '127.0.1.2', port: 5080, transport: 'udp' },
    ami: { host: '127.0.1.1', secret: 'canary-secret' },
  })
  t.strictSame(await portico('servers drain ast1'), { code: 0, out: 'ast1 draining\n', error: '' })
  t.match(await portico('servers rm ast1'), {
    code: 1,
    error: 'portico: ast1 carries 15 agents; run: portico servers drain ast1, or add --yes [E_CONFLICT]\n',
  })
  t.match(await portico('servers rm ast1 --yes'), { code: 0, out: 'ast1 removed\n' })
  t.match(await portico('servers drain ast1'), {
    code: 1,
    error: /there is no ast1 in servers.*\[E_NOT_FOUND\]/,
  })
})

t.test('a Manager Interface is reached over TLS where that is said', async t => {
  const { portico, store } = await liveSelector(t)
  const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
  const dir = t.testdir({ 'ca.pem': ca })
  const tls = async () => (await store.servers.get('ast1'))?.item.ami.tls
  await portico(`${addAst1} --ami-tls`, 'canary-secret\n')
  t.strictSame(await tls(), {})
  await portico(`servers set ast1 --ami-ca-file ${dir}/ca.pem`)
  t.strictSame(await tls(), { ca })
  await portico('servers set ast1 --capacity 5')
  t.strictSame(await tls(), { ca })
  t.match(await portico('servers set ast1 --no-ami-tls'), { code: 0 })
  t.equal(await tls(), undefined)
  t.match(await portico(`servers set ast1 --ami-ca-file ${dir}/none`), { error: /cannot read .*E_CONFIG/ })
})

t.test('an agent’s password is read, or made and shown this once', async t => {
  const { portico, store } = await liveSelector(t)
  t.strictSame(
    await portico(
      'agents add 1001 --name Ann --group sales --group support --password-stdin',
      'long-enough\n',
    ),
    {
      code: 0,
      out: '1001 added\n',
      error: '',
    },
  )
  t.match(await portico('agents add 1002'), { code: 0, out: /^1002 added\npassword: [\w-]{16}\n$/ })
  t.match(JSON.parse((await portico('agents add 1003 --json')).out), { id: '1003', password: /^[\w-]{16}$/ })
  t.equal(
    (await portico('agents ls')).out,
    'ID    NAME  GROUPS\n1001  Ann   sales,support\n1002        -\n1003        -\n',
  )
  t.match(await portico('agents add 1004 --password-stdin', 'short'), {
    code: 1,
    error: /password must have at least 8/,
  })
  t.match(await portico('agents add 1004 --password-stdin', ''), { code: 2, error: /first line is empty/ })
  t.match(await portico('agents add 1001'), { code: 1, error: /there is already 1001 .*\[E_CONFLICT\]/ })
  t.match(await portico('agents rm 1001'), { code: 0 })
  t.equal(await store.agents.get('1001'), undefined)
})

t.test('trunks are added, changed and listed', async t => {
  const { portico, store } = await liveSelector(t)
  await portico(
    'trunks add acision --address 192.0.2.1 --peer sip.example:5062;transport=tcp;weight=3;address=198.51.100.0/24 --max-calls 30 --max-cps 5',
  )
  t.equal(
    (await portico('trunks ls')).out,
    [
      'ID       ENABLED  ADDRESSES                  PEERS                 CALLS  CPS',
      'acision  yes      192.0.2.1,198.51.100.0/24  sip.example:5062/tcp     30    5',
      '',
    ].join('\n'),
  )
  t.match(await portico('trunks set acision --clear peers --clear limits --disabled --identity asserted'), {
    code: 0,
  })
  t.strictSame((await store.trunks.get('acision'))?.item, {
    id: 'acision',
    enabled: false,
    addresses: ['192.0.2.1'],
    peers: [],
    identity: 'asserted',
  })
  t.match(await portico('trunks set acision --enabled --peer [2001:db8::1] --peer 192.0.2.9;transport=tls'), {
    code: 0,
  })
  t.match((await store.trunks.get('acision'))?.item, {
    enabled: true,
    peers: [
      { host: '2001:db8::1', port: 5060, transport: 'udp' },
      { host: '192.0.2.9', port: 5061, transport: 'tls' },
    ],
  })
})

t.test('a trunk’s passwords are read and never shown', async t => {
  const { portico, store } = await liveSelector(t)
  await portico(
    'trunks add acision --account-user us --account-realm carrier --account-password-stdin',
    'canary-one\n',
  )
  t.match((await store.trunks.get('acision'))?.item, {
    account: { user: 'us', realm: 'carrier', password: 'canary-one' },
  })
  await portico('trunks set acision --challenge-user them --challenge-password-stdin', 'canary-two\n')
  t.match((await store.trunks.get('acision'))?.item.challenge, { user: 'them', password: 'canary-two' })
  const { out } = await portico('trunks ls --json')
  t.match(JSON.parse(out), [{ account: { user: 'us', realm: 'carrier' }, challenge: { user: 'them' } }])
  t.notMatch(out, /canary/)
  t.match(await portico('trunks set acision --account-user us'), {
    code: 2,
    error: /--account-password-stdin/,
  })
})

t.test('select says who would be chosen and why, reserves, and fails when there is nobody', async t => {
  const { portico, store, clock } = await liveSelector(t)
  t.match(await portico('select'), {
    code: 1,
    out: 'none: no-servers, utilisation expected\n',
    error: /no media server/,
  })
  await portico(addAst1, 'secret')
  await store.ledger.putLoad('ast1', load({ waiting: 10, takenAt: clock.wall() }))
  const { code, out } = await portico('select')
  t.equal(code, 0)
  t.match(out, /^ast1 \(chosen\), utilisation expected\nID .*\nast1 +0\.070 /)
  t.match(JSON.parse((await portico('select --reserve c1 --json')).out), {
    kind: 'chosen',
    server: { id: 'ast1' },
  })
  t.equal((await store.ledger.candidates())[0]?.reserved, 1)
  t.match(await portico('select --exclude ast1'), { code: 1, out: /ast1 .* tried/ })
})

t.test('what others wrote cannot move the cursor or break the table', async t => {
  const { portico, store } = await liveSelector(t)
  const state = 'up\u001b[2J\u009b31m\nroot\u202e'
  await store.sessions.put({ id: 'c1', kind: 'agent', agent: '1001', state, since: 0, door: 'd1' })
  const { out } = await portico('sessions ls')
  t.equal(out.split('\n').length, 3)
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  t.notMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  t.match(out, '1970-01-01T00:00:00.000Z')
})

t.test('an agent that is in nobody’s conference is named as well', async t => {
  const { portico, store } = await liveSelector(t)
  await store.sessions.put({ id: 'c1', kind: 'consult-out', by: '1002', state: 'up', since: 0, door: 'd1' })
  t.match((await portico('sessions ls')).out, /consult-out +1002/)
})

t.test('--json prints what the API says', async t => {
  const { portico } = await liveSelector(t)
  await portico(addAst1, 'canary-secret')
  const { out } = await portico('servers ls --json')
  t.match(JSON.parse(out), [{ id: 'ast1', version: 1, ami: { username: 'portico' } }])
  t.notMatch(out, /canary/)
})
