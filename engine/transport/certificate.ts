import { createSecureContext } from 'node:tls'
import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Certificate } from './transport-options.ts'

/** The options of a TLS server for this certificate. Throws `E_LISTEN` when there is none or the pair cannot be used. */
export function secureOptions(certificate: Certificate | undefined): {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2'
} {
  if (certificate === undefined) {
    throw new PorticoError('E_LISTEN', 'tls and wss listeners need a certificate: set tls.cert and tls.key')
  }
  const { cert, key } = certificate
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new PorticoError(
      'E_LISTEN',
      `the certificate cannot be used (${messageOf(cause)}): check tls.cert and tls.key`,
      {
        cause,
      },
    )
  }
  return { cert, key, minVersion: 'TLSv1.2' }
}
