import { createSecureContext } from 'node:tls'
import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { Certificate } from './transport-options.ts'

/** The options of a TLS server for this certificate. Throws `E_LISTEN` when there is none or the pair cannot be used. */
export function secureOptions(certificate: Certificate | undefined): {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2'
  readonly ciphers: string
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
  return { cert, key, minVersion: 'TLSv1.2', ciphers }
}

/** Forward secrecy and authenticated encryption only (RFC 9325 §4.2). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')
