import * as fc from 'fast-check'
import t from 'tap'
import { outgoing } from '../../../../selector/ami/message.ts'
import { originateFields, ringFields, type OriginateOrder } from '../../../../selector/ami/originate.ts'

const order: OriginateOrder = {
  call: 'c-1',
  agent: 'anna',
  number: '+4930123456',
  domain: 'pstn.example',
  callerId: { name: 'Acme Ltd.', number: '+441234' },
  ringMs: 30_000,
  holdMs: 30_000,
}

t.test('a call goes out through the door and comes back into the conference of its agent', async t => {
  t.strictSame(originateFields(order), {
    action: 'Originate',
    channel: 'PJSIP/pstn/sip:+4930123456@pstn.example',
    channelid: 'c-1',
    account: 'client:c-1',
    context: 'client-join',
    exten: 'agt-anna',
    priority: '1',
    async: 'true',
    timeout: '30000',
    callerid: '"Acme Ltd." <+441234>',
    variable: {
      'PJSIP_HEADER(add,X-Portico-Call)': 'c-1',
      'PJSIP_HEADER(add,X-Portico-Agent)': 'anna',
      PORTICO_HOLD: '30',
    },
  })
})

t.test('an agent is called through the door into its own conference', async t => {
  t.strictSame(ringFields({ call: 'c-1', agent: 'anna', domain: 'portico.example', ringMs: 20_000 }), {
    action: 'Originate',
    channel: 'PJSIP/frontdoor/sip:agt-anna@portico.example',
    channelid: 'c-1',
    account: 'agent:c-1',
    context: 'agent-join',
    exten: 'agt-anna',
    priority: '1',
    async: 'true',
    timeout: '20000',
    variable: { 'PJSIP_HEADER(add,X-Portico-Call)': 'c-1' },
  })
  const refusal = { code: 'E_AMI_REFUSED' }
  t.throws(() => ringFields({ call: 'c-1', agent: 'a&b', domain: 'portico.example', ringMs: 1 }), refusal)
  t.throws(() => ringFields({ call: 'c-1', agent: 'anna', domain: 'a/b', ringMs: 1 }), refusal)
})

t.test('a hash is escaped, as a URI wants it', async t => {
  t.equal(originateFields({ ...order, number: '*21#' })['channel'], 'PJSIP/pstn/sip:*21%23@pstn.example')
})

t.test('a caller without a name is shown by its number', async t => {
  t.equal(originateFields({ ...order, callerId: { number: '1001' } })['callerid'], '<1001>')
})

const refused: readonly (readonly [name: string, change: Partial<OriginateOrder>])[] = [
  ['a second destination', { number: '1&PJSIP/pstn/sip:2' }],
  ['a next argument', { number: '1,30,g' }],
  ['another endpoint', { number: '1/2' }],
  ['headers of a URI', { number: '1?Route=evil' }],
  ['parameters of a URI', { number: '1;phone-context=x' }],
  ['another host', { number: '1@evil.example' }],
  ['an escape', { number: '1%0d' }],
  ['a function of the dialplan', { number: '${SHELL(id)}' }],
  ['a line end', { number: '1\r\nAction: Command' }],
  ['no number', { number: '' }],
  ['a number without end', { number: '1'.repeat(33) }],
  ['a domain with a parameter', { domain: 'pstn.example;lr' }],
  ['a domain with a path', { domain: 'a/b' }],
  ['a domain with two hosts', { domain: 'a&b' }],
  ['an agent that is a pattern', { agent: '../x' }],
  ['an agent in capitals', { agent: 'Anna' }],
  ['a call that is no id', { call: 'a:b' }],
  ['a caller name that ends its quotes', { callerId: { name: 'a" <1>', number: '1' } }],
  ['a caller name with a control character', { callerId: { name: 'a\u0007', number: '1' } }],
  ['a caller name with a function', { callerId: { name: '${SHELL(id)}', number: '1' } }],
  ['a caller number with an address', { callerId: { number: '1> <2' } }],
]
for (const [name, change] of refused) {
  t.test(`${name} is refused`, async t => {
    t.throws(() => originateFields({ ...order, ...change }), { code: 'E_AMI_REFUSED' })
  })
}

t.test('whatever is asked for, it dials one destination or nothing', async t => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9+*#&,/;@?%]{1,8}$/))
  fc.assert(
    fc.property(text, text, text, text, (number, domain, agent, name) => {
      try {
        const fields = outgoing(
          originateFields({ ...order, number, domain, agent, callerId: { name, number: '1' } }),
        )
        return (
          /^"PJSIP\/pstn\/sip:[+0-9*%]+@[A-Za-z0-9.-]+"$/.test(JSON.stringify(fields['channel'])) &&
          /^"agt-[a-z0-9_.-]+"$/.test(JSON.stringify(fields['exten'])) &&
          /^"(\\"[^"\\]*\\" )?<1>"$/.test(JSON.stringify(fields['callerid']))
        )
      } catch (cause) {
        return String(cause).includes('not sent to Asterisk')
      }
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})
