import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import type { AmiAddress } from '../domain/media-server.ts'

/** The way to a Manager Interface, for a library that can do no TLS. */
export interface Wire {
  /** Where the library shall connect to. */
  readonly at: NetConnectOpts
  /** What was wrong on the far part of the way. */
  readonly failure: () => Error | undefined
  /** Calls back once the way is open to its end; `near` is the socket of the library. */
  readonly onConnected: (near: Socket, done: () => void) => void
  readonly close: () => void
}

/** Over TLS the library connects to a socket file in a folder that only we may enter, and a relay of one connection does the rest. */
export function openWire({ host, port, tls }: AmiAddress): Wire {
  if (tls) return openTlsWire(host, port, tls.ca)
  return {
    at: { host, port },
    failure: () => undefined,
    onConnected: (near, done) => void near.once('connect', done),
    close: () => undefined,
  }
}

function openTlsWire(host: string, port: number, ca: string | undefined): Wire {
  const folder = mkdtempSync(join(tmpdir(), 'portico-ami-'))
  const path = join(folder, 'wire')
  let failure: Error | undefined
  // Node checks the certificate against `host`, a name or an address.
  const far: TLSSocket = connect({ host, port, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) })
  const relay = createServer(near => {
    relay.close()
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy()).on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    if (far.destroyed) near.destroy()
  })
  const fail = (error: Error): void => void (failure = error)
  far.on('error', fail)
  relay.on('error', fail)
  relay.listen(path)
  return {
    at: { path },
    failure: () => failure,
    onConnected: (_, done) => void far.once('secureConnect', done),
    close() {
      relay.close()
      far.destroy()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
