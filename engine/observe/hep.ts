import { createSocket, type Socket } from 'node:dgram'
import { isIP, isIPv6 } from 'node:net'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import type { Transport } from '../api.ts'
import type { Tap } from './tapped.ts'

/** One SIP message as a capture server (Homer) stores it. */
export interface HepPacket {
  readonly source: { readonly host: string; readonly port: number }
  readonly destination: { readonly host: string; readonly port: number }
  readonly transport: Transport
  /** Milliseconds since 1970. */
  readonly at: number
  readonly captureId: number
  /** The capture server's shared secret. */
  readonly password?: string
  readonly payload: Buffer
}

/** Where captured messages go. */
export interface HepOptions {
  /** Of the capture server, UDP. */
  readonly host: string
  readonly port: number
  readonly captureId: number
  readonly password?: string
}

/** Sends a copy of every message to a capture server. */
export interface HepCapture {
  readonly tap: Tap
  stop(): void
}

/** The bytes of a packet by the HEPv3 format: `HEP3`, the whole length, then chunks of vendor 0. */
export function encodeHep(packet: HepPacket): Buffer {
  const { source, destination, transport, at, captureId, password, payload } = packet
  const isV6 = isIPv6(source.host) || isIPv6(destination.host)
  const chunks = [
    number(chunk.family, isV6 ? 10 : 2, 1),
    number(chunk.protocol, transport === 'udp' ? 17 : 6, 1),
    address(isV6 ? chunk.sourceV6 : chunk.sourceV4, source.host, isV6),
    address(isV6 ? chunk.destinationV6 : chunk.destinationV4, destination.host, isV6),
    number(chunk.sourcePort, source.port, 2),
    number(chunk.destinationPort, destination.port, 2),
    number(chunk.seconds, Math.floor(at / 1000), 4),
    number(chunk.microseconds, Math.floor((at % 1000) * 1000), 4),
    number(chunk.payloadType, sipPayload, 1),
    number(chunk.captureId, captureId, 4),
    ...(password === undefined ? [] : [bytes(chunk.password, Buffer.from(password))]),
    bytes(chunk.payload, payload),
  ]
  const length = 6 + chunks.reduce((sum, one) => sum + one.length, 0)
  const head = Buffer.from('HEP3\0\0')
  head.writeUInt16BE(length, 4)
  return Buffer.concat([head, ...chunks], length)
}

/** Captures by UDP. What cannot be sent is lost without a word, as captures are: the log gets one line a minute. */
export function createHepCapture(options: HepOptions, clock: Clock, log: Log): HepCapture {
  const { host, port, captureId, password } = options
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.unref()
  const complain = complaints(clock, log)
  socket.on('error', cause => complain(cause.message))
  return {
    tap({ direction, bytes: payload, transport, local, peer }) {
      if (payload.length > mostPayload) return
      const [source, destination] = direction === 'in' ? [peer, local] : [local, peer]
      const at = clock.wall()
      const secret = password === undefined ? {} : { password }
      send(socket, encodeHep({ source, destination, transport, at, captureId, ...secret, payload }), {
        host,
        port,
        complain,
      })
    },
    stop: () => socket.close(),
  }
}

interface To {
  readonly host: string
  readonly port: number
  readonly complain: (reason: string) => void
}

function send(socket: Socket, packet: Buffer, { host, port, complain }: To): void {
  if (socket.getSendQueueSize() > mostQueued) return complain('queue-full')
  socket.send(packet, port, host, cause => {
    if (cause !== null) complain(cause.message)
  })
}

function complaints(clock: Clock, log: Log): (reason: string) => void {
  let next = -Infinity
  return reason => {
    if (clock.now() < next) return
    next = clock.now() + 60_000
    log.warn('hep.lost', { reason })
  }
}

/** The chunk types of the format; those that an IPv4 and an IPv6 packet have differ. */
const chunk = {
  family: 1,
  protocol: 2,
  sourceV4: 3,
  destinationV4: 4,
  sourceV6: 5,
  destinationV6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  payloadType: 11,
  captureId: 12,
  password: 14,
  payload: 15,
} as const

const sipPayload = 1
const mostPayload = 65_000
const mostQueued = 1_048_576

function number(type: number, value: number, size: 1 | 2 | 4): Buffer {
  const data = Buffer.alloc(size)
  data.writeUIntBE(value, 0, size)
  return bytes(type, data)
}

function bytes(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(6 + data.length, 4)
  return Buffer.concat([head, data])
}

function address(type: number, host: string, isV6: boolean): Buffer {
  return bytes(type, isV6 ? v6Bytes(host) : v4Bytes(host))
}

/** A name, which only an order to send can have, is not known as an address yet: zeros. */
function v4Bytes(host: string): Buffer {
  return isIP(host) === 4 ? Buffer.from(host.split('.').map(Number)) : Buffer.alloc(4)
}

function v6Bytes(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), v4Bytes(host)])
  if (isIP(host) === 0) return Buffer.alloc(16)
  const [head = '', tail] = host.split('%', 1)[0]?.split('::') ?? []
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = Buffer.alloc(Math.max(0, 16 - before.length - after.length))
  return Buffer.concat([before, zeros, after], 16)
}

function groups(text: string): Buffer {
  const parts = text === '' ? [] : text.split(':')
  return Buffer.concat(
    parts.map(part => (part.includes('.') ? v4Bytes(part) : Buffer.from(part.padStart(4, '0'), 'hex'))),
  )
}
