import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadCertificate, type Certificate } from '../../../config/certificate.ts'
import { watchCertificate, type CertificateWatch } from '../../../config/certificate-watch.ts'
import { defaultConfig, type Config } from '../../../config/schema.ts'
import { systemClock, type Clock } from '../../../runtime/clock.ts'
import { silentLog, type Log } from '../../../runtime/log.ts'

/** Files of an operator, more pairs to put in their place, and what the watch does. */
interface Followed {
  readonly watch: CertificateWatch
  readonly applied: Certificate[]
  readonly told: string[]
  /** Copies a pair, or half of one, into place. */
  readonly put: (pair: 'a' | 'b', what: 'cert' | 'key' | 'both') => void
  /** Resolves when a pair was put into use, or refused. */
  readonly next: () => Promise<void>
}

async function followed(t: Test, clock: Clock = systemClock, apply?: () => void): Promise<Followed> {
  const dir = t.testdir({ a: {}, b: {} })
  for (const pair of ['a', 'b']) await loadCertificate({ ...defaultConfig, dataDir: join(dir, pair) })
  const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
  const put: Followed['put'] = (pair, what) => {
    for (const half of ['cert', 'key'] as const) {
      if (what === half || what === 'both')
        copyFileSync(join(dir, pair, `development-${half}.pem`), files[half])
    }
  }
  put('a', 'both')
  const config: Config = { ...defaultConfig, tls: files }
  const applied: Certificate[] = []
  const told: string[] = []
  let arrived: (() => void) | undefined
  const log: Log = {
    ...silentLog,
    info: event => tell(event),
    warn: event => told.push(event),
    error: event => tell(event),
  }
  /** Watching alone keeps no process alive. */
  function arrival(): Promise<void> {
    return new Promise((resolve, reject) => {
      const guard = setTimeout(() => reject(new Error('nothing happened')), 5000)
      arrived = () => {
        clearTimeout(guard)
        resolve()
      }
    })
  }
  function tell(event: string): void {
    told.push(event)
    arrived?.()
  }
  const watch = watchCertificate({
    config,
    current: await loadCertificate(config),
    apply(next) {
      apply?.()
      applied.push(next)
    },
    clock,
    log,
    pollMs: 20,
  })
  t.teardown(() => watch.stop())
  return { watch, applied, told, put, next: arrival }
}

t.test('a pair that is changed on disk is put into use', async t => {
  const { applied, told, put, next } = await followed(t)
  const changed = next()
  put('b', 'both')
  await changed
  t.equal(applied.length, 1)
  t.strictSame(told, ['tls.certificate-changed'])
})

t.test('a reload finds a change at once, and does nothing where there is none', async t => {
  const { watch, applied, put } = await followed(t)
  await watch.reload()
  t.equal(applied.length, 0)
  put('b', 'both')
  await watch.reload()
  t.equal(applied.length, 1)
})

t.test('half a pair is refused and the old one kept, until the other half is there', async t => {
  const { watch, applied, told, put } = await followed(t)
  put('b', 'cert')
  await watch.reload()
  t.equal(applied.length, 0)
  t.strictSame([...new Set(told)], ['tls.certificate-refused'])
  put('b', 'key')
  await watch.reload()
  t.equal(applied.length, 1)
  t.equal(told.at(-1), 'tls.certificate-changed')
})

t.test('a pair that cannot be put into use leaves the old one', async t => {
  const { watch, applied, told, put } = await followed(t, systemClock, () => {
    throw new Error('the listeners do not want it')
  })
  put('b', 'both')
  await watch.reload()
  t.equal(applied.length, 0)
  t.strictSame([...new Set(told)], ['tls.certificate-refused'])
})

t.test('a pair that has expired is refused', async t => {
  const late: Clock = { ...systemClock, wall: () => Date.now() + 400 * 86_400_000 }
  const { watch, applied, told, put } = await followed(t, late)
  put('b', 'both')
  await watch.reload()
  t.equal(applied.length, 0)
  t.ok(told.includes('tls.certificate-refused'))
})

t.test('two weeks before it expires the log says so', async t => {
  const nearly: Clock = { ...systemClock, wall: () => Date.now() + 355 * 86_400_000 }
  const { told } = await followed(t, nearly)
  t.strictSame(told, ['tls.certificate-expires'])
})
