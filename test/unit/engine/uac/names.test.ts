import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { namesIn, systemNames } from '../../../../engine/uac/names.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

t.test('a hosts file is read as the system reads it', async t => {
  const text = `127.0.0.1\tlocalhost  Loop.Back # the usual
# 10.0.0.9 commented-out
10.0.0.1   pbx.example.com pbx
::1 six

broken`
  t.strictSame([...namesIn(text)], ['localhost', 'loop.back', 'pbx.example.com', 'pbx', 'six'])
})

t.test('the file is read again after a while, and may be missing', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'portico-hosts-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'hosts')
  const clock = new ManualClock()
  const names = systemNames(clock, file)
  t.equal(await names.isLocal('pbx'), false)
  writeFileSync(file, '10.0.0.1 pbx\n')
  t.equal(await names.isLocal('pbx'), false, 'what was read a moment ago still holds')
  clock.advance(5000)
  t.equal(await names.isLocal('pbx'), true)
})

t.test('the addresses of this machine come without DNS', async t => {
  const found = await systemNames(new ManualClock()).addresses('localhost')
  t.ok(found.includes('127.0.0.1') || found.includes('::1'))
})
