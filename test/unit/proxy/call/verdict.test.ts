import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../../support/paths.ts'

t.test('docs/verdicts.md lists every verdict, and no other', async t => {
  const source = readFileSync(join(root, 'proxy/call/verdict.ts'), 'utf8')
  const docs = readFileSync(join(root, 'docs/verdicts.md'), 'utf8')
  const known = [...source.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, verdict]) => verdict)
  const described = [...docs.matchAll(/^\| `([a-z-]+)`/gm)].map(([, verdict]) => verdict)
  t.ok(known.length > 5)
  t.strictSame(new Set(described), new Set(known))
  t.equal(described.length, known.length)
})
