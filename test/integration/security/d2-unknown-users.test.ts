// D2: neither what is answered nor how long it takes tells whether an agent exists.
import t from 'tap'
import { Headers } from '../../../engine/message/headers.ts'
import type { SipRequest } from '../../../engine/message/message.ts'
import { createAuthenticator } from '../../../proxy/registrar/authenticate.ts'
import { createNonces } from '../../../proxy/registrar/nonces.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { createLoginThrottle } from '../../../runtime/login-throttle.ts'
import { phone, proof, registrarUri } from '../../support/attack/phone.ts'
import { domain, openDoor } from '../../support/open-door.ts'

t.test('known and unknown users get the same bytes, but for the nonce', async t => {
  const door = await openDoor(t)
  const answers = []
  for (const user of ['1001', '9999', '1001~0123456789abcdef', '9999~0123456789abcdef']) {
    const { start, headers } = await (
      await phone(t, door, '1001')
    ).prove('REGISTER', { user, password: 'guess' })
    const plain = [...headers].map(([name, values]) => [name, values.map(withoutChance)])
    answers.push({ start, headers: plain.filter(([name]) => !/^(via|from|to|call-id)$/.test(String(name))) })
  }
  for (const answer of answers) t.strictSame(answer, answers[0])
  t.match(answers[0], { start: /^SIP\/2\.0 401 / })
})

t.test('a wrong password for a known user takes as long as one for an unknown user', async t => {
  const door = await openDoor(t)
  const { identify } = authenticator(user => door.credentials.ha1For(user))
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
  for (let sample = 0; sample < 4_200; sample++) {
    const kind = sample % 2 === 0 ? 'known' : 'unknown'
    const request = guess(kind === 'known' ? '1001' : '9999')
    const began = performance.now()
    await identify(request, { flow: 'f', address: `192.0.2.${sample}` })
    // The first ones meet cold code.
    if (sample >= 200) times[kind].push(performance.now() - began)
  }
  const auc = areaUnderCurve(times.known, times.unknown)
  t.ok(Math.abs(auc - 0.5) < 0.05, `a classifier by time has an AUC of ${auc.toFixed(3)}`)
})

function authenticator(credentials: Parameters<typeof createAuthenticator>[0]['directory']['credentials']) {
  const made = createAuthenticator({
    realm: domain,
    algorithms: ['SHA-256', 'MD5'],
    nonces: createNonces({ ttlMs: 60_000, remembered: 100, clock: systemClock }),
    throttle: createLoginThrottle({ perAddress: 1_000, free: 1_000, clock: systemClock }),
    directory: { credentials },
  })
  return { identify: made.identify.bind(made) }
}

function guess(user: string): SipRequest {
  const line = proof({ user, password: 'guess', nonce: 'a.b.c', uri: registrarUri })
  const headers = new Headers([['Authorization', line]])
  return { kind: 'request', method: 'REGISTER', uri: registrarUri, headers, body: Buffer.alloc(0) }
}

function withoutChance(value: string): string {
  return value.replace(/nonce="[^"]*"/, 'nonce')
}

/** The chance that one of `a` is greater than one of `b` (Mann–Whitney). */
function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map(value => ({ value, of: 'a' })), ...b.map(value => ({ value, of: 'b' }))]
  const ranks = all.toSorted((x, y) => x.value - y.value).map(({ of }, rank) => (of === 'a' ? rank + 1 : 0))
  const sum = ranks.reduce((total, rank) => total + rank, 0)
  return (sum - (a.length * (a.length + 1)) / 2) / (a.length * b.length)
}
