import type { Certificate } from '../config/certificate.ts'
import { watchCertificate } from '../config/certificate-watch.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { onHangUp } from './signals.ts'

/** Every part gets a new pair when its files change and on SIGHUP, until the returned function is called. */
export function followCertificate(
  config: Config,
  current: Certificate,
  parts: readonly { setCertificate(certificate: Certificate): void }[],
  log: Log,
): () => void {
  const apply = (next: Certificate): void => {
    for (const part of parts) part.setCertificate(next)
  }
  const watch = watchCertificate({ config, current, apply, clock: systemClock, log })
  const ignoreHangUp = onHangUp(() => void watch.reload())
  return () => {
    ignoreHangUp()
    watch.stop()
  }
}
