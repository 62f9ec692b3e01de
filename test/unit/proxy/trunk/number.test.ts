import t from 'tap'
import { dialled, isNumber } from '../../../../proxy/trunk/number.ts'

t.test('a number or a plain name is what a Request-URI dials', async t => {
  for (const [uri, expected] of [
    ['sip:4930123@door', '4930123'],
    ['sip:+4930123@door;user=phone', '+4930123'],
    ['sip:1001@door:5060;transport=tcp', '1001'],
    ['sip:ann.lee-2_x@door', 'ann.lee-2_x'],
    ['sip:*21#@door', '*21#'],
    ['sip:%34%39@door', '49'],
    ['tel:+4930123', '+4930123'],
  ] as const) {
    t.equal(dialled(uri), expected, uri)
  }
})

t.test('whatever could mean more than a number dials nothing', async t => {
  for (const user of [
    '500&PJSIP/x',
    '500%26PJSIP%2fx',
    '1;phone-context=example.com',
    '${EXTEN}',
    '%24%7BEXTEN%7D',
    '١٢٣',
    '%D9%A1',
    '1%00',
    '1%0d%0aRoute:x',
    '1 2',
    '1,2',
    '1/2',
    '1|2',
    '1!2',
    '49+30',
    '',
    '1'.repeat(65),
  ]) {
    t.equal(dialled(`sip:${user}@door`), undefined, user)
  }
  for (const uri of ['sip:1@evil@door', 'sip:door', 'sip:1:secret%40evil@x y', 'mailto:1', '']) {
    t.equal(dialled(uri), undefined, uri)
  }
})

t.test('only digits, stars and hashes leave for a trunk', async t => {
  for (const number of ['4930123', '+4930123', '*21*4930#', '1'.repeat(32)]) t.ok(isNumber(number), number)
  for (const number of [
    '',
    '+',
    '1001a',
    '4930-123',
    '49 30',
    '٤٩',
    '1'.repeat(33),
    '++49',
    '4+9',
    '1@x',
    '1\n',
  ]) {
    t.notOk(isNumber(number), number)
  }
})
