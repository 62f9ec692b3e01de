import { spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createLog, withoutSecrets, type Fields } from '../../../runtime/log.ts'
import { codeExtension } from '../../support/paths.ts'

const cases: readonly [name: string, fields: Fields, shown: Fields][] = [
  ['a secret at the top is cut out', { user: 'a', password: 'x' }, { user: 'a', password: '***' }],
  [
    'a secret one level below is cut out',
    { ami: { secret: 'x', port: 1 } },
    { ami: { secret: '***', port: 1 } },
  ],
  [
    'every kind of secret is known',
    { token: 1, authorization: 2, secret: 3 },
    { token: '***', authorization: '***', secret: '***' },
  ],
  ['lists are shown as they are', { considered: [{ id: 'ms-1' }] }, { considered: [{ id: 'ms-1' }] }],
]
for (const [name, fields, shown] of cases) {
  t.test(name, async t => {
    t.strictSame(withoutSecrets(fields), shown)
  })
}

t.test('fields without secrets are not copied', async t => {
  const fields = { call: '1', place: { server: 'ms-1' } }
  t.equal(withoutSecrets(fields), fields)
})

t.test('the fields of the caller stay as they were', async t => {
  const fields = { password: 'x', inner: { token: 'y' } }
  withoutSecrets(fields)
  t.strictSame(fields, { password: 'x', inner: { token: 'y' } })
})

t.test(
  'a warning is written at once, with everything that waited before it, as JSON lines in order',
  async t => {
    const file = join(mkdtempSync(join(t.testdir(), 'log-')), 'log')
    const written = new Promise<void>(resolve => {
      const to = openSync(file, 'w')
      const watcher = watch(file, () => {
        if (lines().length < 3) return
        watcher.close()
        resolve()
      })
      const log = createLog('info', to).with({ door: 'd1', secret: 'x' })
      log.debug('not.shown')
      log.info('call.began', { call: '1' })
      log.info('call.over', { call: '1', ms: 5 })
      log.warn('edge.lost', { why: 'gone' })
    })
    await written
    const shown = lines().map((line): unknown => JSON.parse(line))
    t.match(shown, [
      { level: 'info', msg: 'call.began', call: '1', door: 'd1', secret: '***' },
      { level: 'info', msg: 'call.over', call: '1', ms: 5, door: 'd1' },
      { level: 'warn', msg: 'edge.lost', why: 'gone', door: 'd1' },
    ])
    t.ok(lines().every(line => /"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/.test(line)))

    function lines(): string[] {
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter(line => line !== '')
    }
  },
)

t.test('lines that still wait are written when the process exits', async t => {
  const log = new URL(`../../../runtime/log${codeExtension}`, import.meta.url).href
  const folder = t.testdir({
    'last.mjs': `import { createLog } from '${log}'
      createLog('info').info('last.words')
      process.exit(0)`,
  })
  const { stderr } = spawnSync(process.execPath, [...process.execArgv, join(folder, 'last.mjs')], {
    encoding: 'utf8',
  })
  t.match(stderr, '"msg":"last.words"')
})
