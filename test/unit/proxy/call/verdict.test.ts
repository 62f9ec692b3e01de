import { readFileSync } from 'node:fs'
import t from 'tap'

const root = new URL('../../../../', import.meta.url)

t.test('docs/verdicts.md lists every verdict, and no other', async t => {
  const source = readFileSync(new URL('proxy/call/verdict.ts', root), 'utf8')
  const docs = readFileSync(new URL('docs/verdicts.md', root), 'utf8')
  const known = [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, verdict]) => verdict)
  const described = [...docs.matchAll(/^\| `([a-z-]+)`/gm)].map(([, verdict]) => verdict)
  t.ok(known.length > 5)
  t.strictSame(new Set(described), new Set(known))
  t.equal(described.length, known.length)
})
