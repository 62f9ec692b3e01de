import * as fc from 'fast-check'
import t, { type Test } from 'tap'
import { PatternFault } from '../../../../../selector/domain/pattern/parse.ts'
import { matchPattern, patternOf, type Pattern } from '../../../../../selector/domain/pattern/pattern.ts'

function compiled(text: string): Pattern {
  const pattern = patternOf(text)
  if (pattern instanceof PatternFault) throw new Error(`${text} ${pattern.wrong}`)
  return pattern
}

function groups(pattern: string, text: string): readonly string[] | undefined {
  return matchPattern(compiled(pattern), text)
}

function starts(pattern: string): readonly unknown[] {
  const { prefix, isLiteral } = compiled(pattern)
  return [prefix, isLiteral]
}

function fits(t: Test, pattern: string, yes: readonly string[], no: readonly string[]): void {
  for (const text of yes) t.ok(groups(pattern, text), `${pattern} fits ${text}`)
  for (const text of no) t.notOk(groups(pattern, text), `${pattern} does not fit ${text}`)
}

t.test('a pattern covers the whole text', async t => {
  fits(t, '4930', ['4930'], ['49301', '14930', ''])
  fits(t, '^4930$', ['4930'], ['49301'])
  fits(t, String.raw`4930\d{2,4}`, ['493012', '49301234'], ['49301', '493012345', '4930x2'])
})

t.test('signs, classes, alternatives and repetitions mean what they mean elsewhere', async t => {
  fits(t, String.raw`\+49.*`, ['+49', '+4930'], ['49', '+48'])
  fits(t, '[1-3a-c_-]+', ['1', 'a-_3'], ['', '4', 'd'])
  fits(t, '[^0-9]', ['a', 'ä', '+'], ['5', ''])
  fits(t, '(?:110|112)', ['110', '112'], ['11', '111', '110112'])
  fits(t, 'a|b*|c?d', ['a', '', 'bb', 'd', 'cd'], ['ab', 'c'])
  fits(t, String.raw`\w{3}`, ['a_9'], ['a-9'])
})

t.test('a group gives what it took, the first alternative going first, as much as possible', async t => {
  t.strictSame(groups(String.raw`49(30)(\d+)`, '4930123'), ['30', '123'])
  t.strictSame(groups('(a|ab)(c|bcd)?', 'abcd'), ['a', 'bcd'])
  t.strictSame(groups('(a)|(b)', 'b'), ['', 'b'])
})

t.test('what a pattern starts with is known, so that rules can be found by it', async t => {
  t.strictSame(starts('4930123'), ['4930123', true])
  t.strictSame(starts(String.raw`4930\d*`), ['4930', false])
  t.strictSame(starts('49(30)1'), ['49301', false])
  t.strictSame(starts('49?30'), ['4', false])
  t.strictSame(starts('49+30'), ['49', false])
  t.strictSame(starts('49|30'), ['', false])
  t.strictSame(starts('(49|48)1'), ['', false])
})

t.test('a broken pattern is refused with what is wrong with it', async t => {
  const faults: readonly (readonly [pattern: string, wrong: RegExp])[] = [
    ['+49', /has \+ with nothing before it; .* \\\+/],
    ['4(9', /has a \( without its \)/],
    ['49)', /has a \) without its \(/],
    ['[1', /has a \[ without/],
    ['[]', /empty/],
    ['[9-0]', /range/],
    ['4**', /after another repetition/],
    ['4*?', /after another repetition/],
    ['4{3,2}', /end is before its start/],
    ['4{65}', /more than 64/],
    [String.raw`\b`, /means nothing/],
    ['4^9', /in the middle/],
    ['(?=4)', /no other group/],
    ['((((((((((1))))))))))', /more than nine groups/],
    ['é', /ASCII/],
    [`(?:${'[0-9]{64}'.repeat(9)})`, /repeats too much/],
    ['1'.repeat(257), /longer than 256/],
    ['(?:'.repeat(20) + ')'.repeat(20), /in one another/],
  ]
  for (const [pattern, wrong] of faults) {
    const read = patternOf(pattern)
    t.match(read instanceof PatternFault ? read.wrong : 'nothing', wrong, pattern)
  }
})

/** More are refused. */
const mostGroups = 9

t.test('it fits what a regular expression of ECMAScript fits', async t => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a)', '(b|ab)', '(?:a|b)', '(a*)')
  const part = fc.tuple(atom, fc.constantFrom('', '', '?', '*', '+', '{2}', '{1,3}')).map(([a, q]) => a + q)
  const pattern = fc.array(
    fc.array(part, { maxLength: 4 }).map(parts => parts.join('')),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  fc.assert(
    fc.property(
      pattern.map(parts => parts.join('|')).filter(text => text.split(/\((?!\?)/).length <= 1 + mostGroups),
      fc.stringMatching(/^[abc]{0,7}$/),
      (pattern, text) => {
        const own = groups(pattern, text)
        const theirs = new RegExp(`^(?:${pattern})$`, 's').exec(text)
        return (own === undefined) === (theirs === null)
      },
    ),
    { numRuns: 3_000 },
  )
  t.pass('on 3,000 pairs')
})

t.test('no pattern makes a text cost more than its length times that of the program', async t => {
  // Each of these takes a backtracking matcher longer than the age of the universe.
  const texts = ['a'.repeat(256), `${'a'.repeat(255)}!`]
  for (const pattern of ['(a+)+b', '(a|a)*b', '(?:a?){64}a{64}', '(.*)(.*)(.*)(.*)(.*)b', '((a*)*)*b']) {
    const one = compiled(pattern)
    let steps = 0
    const counted = new Proxy(one.program, {
      get(target, key, receiver): unknown {
        if (typeof key === 'string' && /^\d+$/.test(key)) steps += 1
        return Reflect.get(target, key, receiver)
      },
    })
    for (const text of texts) matchPattern({ ...one, program: counted, prefix: '' }, text)
    t.ok(
      steps < 8 * one.program.length * 2 * 257,
      `${pattern}: ${steps} steps, program ${one.program.length}`,
    )
  }
})
