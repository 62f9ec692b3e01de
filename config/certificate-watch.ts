import { X509Certificate } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import { every, type Clock } from '../runtime/clock.ts'
import { messageOf } from '../runtime/errors.ts'
import type { Log } from '../runtime/log.ts'
import { loadCertificate, type Certificate } from './certificate.ts'
import type { Config } from './schema.ts'

/** What `watchCertificate` needs. */
export interface CertificateWatchOptions {
  readonly config: Config
  /** The pair in use. */
  readonly current: Certificate
  /** Puts a new pair into use. What it throws keeps the old one. */
  readonly apply: (certificate: Certificate) => void
  readonly clock: Clock
  readonly log: Log
  /** How often the files are looked at; default: 5,000 ms. */
  readonly pollMs?: number
}

/** Follows the files of the certificate in use. */
export interface CertificateWatch {
  /** Reads the pair again, e.g. on SIGHUP. A pair that is bad, or has expired, is told in the log and changes nothing. */
  reload(): Promise<void>
  stop(): void
}

/**
 * Puts a pair into use when its files change, and warns two weeks before the one in use expires. Files are polled, because
 * certificates are usually changed by moving links, which file events do not show.
 */
export function watchCertificate(options: CertificateWatchOptions): CertificateWatch {
  const { config, apply, clock, log, pollMs = 5000 } = options
  const files = filesOf(config, options.current)
  let current = options.current
  let reading = Promise.resolve()

  async function read(): Promise<void> {
    try {
      const next = await loadCertificate(config, new Date(clock.wall()))
      if (next.cert === current.cert && next.key === current.key) return
      const expiresAt = expiry(next)
      if (expiresAt <= clock.wall()) throw new Error('it has expired')
      apply(next)
      current = next
      log.info('tls.certificate-changed', { expires: new Date(expiresAt).toISOString() })
    } catch (cause) {
      log.error('tls.certificate-refused', { reason: messageOf(cause), kept: 'the one before' })
    }
    warnOfExpiry()
  }

  function reload(): Promise<void> {
    reading = reading.then(read)
    return reading
  }

  function warnOfExpiry(): void {
    const left = expiry(current) - clock.wall()
    if (left < warnMs) log.warn('tls.certificate-expires', { days: Math.floor(left / dayMs), files })
  }

  const changed = (): void => void reload()
  for (const file of files) watchFile(file, { interval: pollMs, persistent: false }, changed)
  const stopWarning = every(clock, dayMs, warnOfExpiry)
  warnOfExpiry()
  return {
    reload,
    stop() {
      stopWarning()
      for (const file of files) unwatchFile(file, changed)
    },
  }
}

function filesOf({ tls }: Config, { developmentFile }: Certificate): readonly string[] {
  return [tls.cert, tls.key, developmentFile].filter(file => file !== undefined)
}

function expiry({ cert }: Certificate): number {
  return Date.parse(new X509Certificate(cert).validTo)
}

const dayMs = 86_400_000
const warnMs = 14 * dayMs
