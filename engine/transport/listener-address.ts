import { networkInterfaces } from 'node:os'
import { PorticoError, messageOf } from '../../runtime/errors.ts'
import type { ListenerAddress } from '../api.ts'
import { writeHostPort } from '../message/host.ts'
import type { ListenerOptions } from './transport.ts'

/** What a listener says of itself once it is bound. A wildcard address is advertised as the machine's first outer one. */
export function listenerAddress(
  options: ListenerOptions,
  bound: { readonly address: string; readonly port: number },
): ListenerAddress {
  const host = isWildcard(bound.address) ? outerAddress(bound.address) : bound.address
  return {
    name: options.name,
    transport: options.transport,
    bound: { host: bound.address, port: bound.port },
    advertised: options.advertise ?? { host, port: bound.port },
  }
}

/** What keeps a listener from opening, as an operator can act on it. */
export function listenError(options: ListenerOptions, cause: unknown): PorticoError {
  const where = `${options.transport} ${writeHostPort(options)}`
  const setting = `listen.${options.name}`
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new PorticoError(
        'E_PORT_IN_USE',
        `${where} is in use by another program: stop that or change ${setting}`,
        { cause },
      )
    case 'EACCES':
      return new PorticoError('E_LISTEN', `${where} may not be opened: allow it or change ${setting}`, {
        cause,
      })
    case 'EADDRNOTAVAIL':
      return new PorticoError('E_LISTEN', `${where} is no address of this machine: change ${setting}`, {
        cause,
      })
    default:
      return new PorticoError(
        'E_LISTEN',
        `${where} cannot be opened (${messageOf(cause)}): check ${setting}`,
        {
          cause,
        },
      )
  }
}

/** The `code` of a Node error, or its text. */
export function codeOf(cause: unknown): string {
  const code: unknown =
    typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : messageOf(cause)
}

/** Whether `host` stands for every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** An address as we write it everywhere: IPv4 in dotted form also when it came over an IPv6 socket. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

function outerAddress(wildcard: string): string {
  const family = wildcard === '::' ? 'IPv6' : 'IPv4'
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  const outer = all.find(one => one.family === family && !one.internal && !one.address.startsWith('fe80:'))
  return outer?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1')
}
