import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { messageOf, PorticoError } from '../runtime/errors.ts'
import { readFileIfAny, writePrivateFile } from './private-file.ts'
import type { Config } from './schema.ts'

/** A certificate chain and its key, PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** Set when it was made here: browsers must be told to trust it. Where it is kept. */
  readonly developmentFile?: string
}

/**
 * The certificate of `tls.cert` and `tls.key`; when they are not set, a self-signed one that is made once in dataDir and
 * made anew when it is about to expire or lacks a name. Rejects with `E_CONFIG` that names the setting and the next step.
 */
export async function loadCertificate(config: Config, now: Date = new Date()): Promise<Certificate> {
  const { cert, key } = config.tls
  return cert !== undefined && key !== undefined
    ? operatorCertificate(cert, key)
    : developmentCertificate(config, now)
}

async function operatorCertificate(certFile: string, keyFile: string): Promise<Certificate> {
  const cert = await required(certFile, 'tls.cert')
  const key = await required(keyFile, 'tls.key')
  const parsed = reading('tls.cert', certFile, 'a PEM certificate', () => new X509Certificate(cert))
  const parsedKey = reading('tls.key', keyFile, 'a PEM private key without passphrase', () =>
    createPrivateKey(key),
  )
  if (!parsed.checkPrivateKey(parsedKey)) {
    const step = 'put the certificate of that key first in tls.cert, then its chain'
    throw new PorticoError('E_CONFIG', `tls.key: ${keyFile} is not the key of ${certFile}; ${step}`)
  }
  return { cert, key }
}

async function required(file: string, setting: string): Promise<string> {
  const text = await readFileIfAny(file, setting)
  if (text !== undefined) return text
  const step = 'correct the path, or leave tls.cert and tls.key out for a development certificate'
  throw new PorticoError('E_CONFIG', `${setting}: there is no file ${file}; ${step}`)
}

function reading<T>(setting: string, file: string, wanted: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new PorticoError('E_CONFIG', `${setting}: ${file} is not ${wanted} (${messageOf(cause)})`, {
      cause,
    })
  }
}

const dayMs = 86_400_000

async function developmentCertificate(config: Config, now: Date): Promise<Certificate> {
  const certFile = join(config.dataDir, 'development-cert.pem')
  const keyFile = join(config.dataDir, 'development-key.pem')
  const names = namesOf(config)
  const cert = await readFileIfAny(certFile, 'dataDir')
  const key = await readFileIfAny(keyFile, 'dataDir')
  if (cert !== undefined && key !== undefined && isGood(cert, key, names, now)) {
    return { cert, key, developmentFile: certFile }
  }
  const made = await selfSigned(names, now)
  await writePrivateFile(keyFile, made.key)
  await writePrivateFile(certFile, made.cert)
  return { ...made, developmentFile: certFile }
}

/** Every name under which a browser on this machine or its network may call this door. */
function namesOf({ listen: { public: open } }: Config): readonly string[] {
  const own = [open.advertise?.host ?? open.host, open.host, hostname(), 'localhost', '127.0.0.1', '::1']
  return [...new Set(own)].filter(name => name !== '0.0.0.0' && name !== '::')
}

function isGood(cert: string, key: string, names: readonly string[], now: Date): boolean {
  try {
    const parsed = new X509Certificate(cert)
    const covers = (name: string): boolean =>
      (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined
    const lasts = Date.parse(parsed.validTo) > now.getTime() + dayMs
    return lasts && names.every(covers) && parsed.checkPrivateKey(createPrivateKey(key))
  } catch {
    // Whatever was left there is no certificate: a new one takes its place.
    return false
  }
}

async function selfSigned(
  names: readonly string[],
  now: Date,
): Promise<{ readonly cert: string; readonly key: string }> {
  // It takes longer to load than all else that a command line needs.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: 'Portico development' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - dayMs),
    notAfterDate: new Date(now.getTime() + 365 * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map(name => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  })
  return { cert: made.cert, key: made.private }
}
