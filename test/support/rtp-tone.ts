import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeAlaw, encodeAlaw } from './g711.ts'
import { meanLevel } from './tone.ts'

/** One end of an RTP stream: PCMA, 8 kHz, a packet every 20 ms. */
export interface TonePhone {
  readonly port: number
  /** Sends a tone of `hz` from now on; 0 sends silence. The stream goes on either way. */
  play(hz: number): void
  /** How the packets from now on are sent, instead of each as it is due. */
  pace(pace: Pace): void
  sendTo(host: string, port: number): void
  /** What came in since the last call, in order of arrival; packets of other formats count as nothing. */
  heard(): Float32Array
  /** The levels of tones that it hears in most of a second from now on. */
  levels(): Promise<(hz: number) => number>
  /** The same by packet, each with the time of its arrival in milliseconds. */
  arrivals(): readonly Arrival[]
  /** The digits that came in as telephone events (RFC 4733) since the last call. */
  digits(): string
  close(): void
}

/**
 * The fate of packet `n` since this pace began: when it is sent, and the time in its timestamp, both in milliseconds since then. One that
 * is not sent is lost. Packets are sent in their order.
 */
export type Pace = (n: number) => { readonly sent?: number; readonly stamped: number }

/** Every packet as it is due. */
const steadyPace: Pace = n => ({ sent: n * packetMs, stamped: n * packetMs })

/** A packet that came in. */
export interface Arrival {
  readonly at: number
  /** Of which stream it is, and which of its packets (RFC 3550 §5.1). */
  readonly ssrc: number
  readonly sequence: number
  readonly samples: Float32Array
}

/** Opens an end on `host`. It is silent, and sends nothing until it is told where to. */
export async function openTonePhone(host: string): Promise<TonePhone> {
  const socket = createSocket('udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  // One that a failed test forgets keeps no process alive.
  socket.unref()
  // Decoded when it is asked for, so that many phones cost the machine little while they are measured.
  const received: { readonly at: number; readonly packet: Buffer }[] = []
  const pressed = new Map<number, string>()
  socket.on('message', packet => {
    const digit = digitOf(packet)
    // The packets of one event share their timestamp.
    if (digit !== undefined) pressed.set(packet.readUInt32BE(4), digit)
    received.push({ at: performance.now(), packet })
  })
  const taken = (): readonly Arrival[] => received.splice(0).map(({ at, packet }) => arrivalOf(packet, at))
  const heard = (): Float32Array => joined(taken().map(({ samples }) => samples))
  const sender = createSender(socket)
  return {
    port: socket.address().port,
    play: hz => sender.play(hz),
    pace: pace => sender.pace(pace),
    sendTo: (address, port) => sender.sendTo(address, port),
    heard,
    async levels() {
      await pause(300)
      taken()
      await pause(800)
      const samples = heard()
      return hz => meanLevel(samples, rtpRate, hz)
    },
    arrivals: taken,
    digits() {
      const digits = [...pressed.values()].join('')
      pressed.clear()
      return digits
    },
    close() {
      sender.close()
      socket.close()
    },
  }
}

/** The octets of an RTP packet (RFC 3550 §5.1); the tone starts at sample `at`, so that packets join without a step. */
export function tonePacket(order: {
  readonly sequence: number
  readonly at: number
  readonly ssrc: number
  readonly hz: number
}): Buffer {
  const packet = Buffer.alloc(12 + samplesPerPacket)
  packet[0] = 0x80
  packet[1] = pcma | (order.sequence === firstSequence ? marker : 0)
  packet.writeUInt16BE(order.sequence % 65_536, 2)
  packet.writeUInt32BE(order.at % 2 ** 32, 4)
  packet.writeUInt32BE(order.ssrc, 8)
  const second = secondOf(order.hz)
  for (let n = 0; n < samplesPerPacket; n += 1) packet[12 + n] = second[(order.at + n) % rtpRate] ?? 0
  return packet
}

/** One second of a tone, after which it is the same again, as `hz` is a whole number. */
function secondOf(hz: number): Uint8Array {
  const known = seconds.get(hz)
  if (known) return known
  const angle = (2 * Math.PI * hz) / rtpRate
  const made = Uint8Array.from({ length: rtpRate }, (_, n) => encodeAlaw(amplitude * Math.sin(angle * n)))
  seconds.set(hz, made)
  return made
}

const seconds = new Map<number, Uint8Array>()

/** A packet that came in at `at`; one too short for RTP is of the stream 0. */
function arrivalOf(packet: Buffer, at: number): Arrival {
  const isRtp = packet.length >= 12
  const [ssrc, sequence] = isRtp ? [packet.readUInt32BE(8), packet.readUInt16BE(2)] : [0, 0]
  return { at, ssrc, sequence, samples: payloadOf(packet) }
}

/** The sound in an RTP packet; empty when it is none or of another format. */
export function payloadOf(packet: Buffer): Float32Array {
  const [first = 0, second = 0] = packet
  if (packet.length < 12 || first >> 6 !== 2 || (second & 0x7f) !== pcma) return new Float32Array()
  const start = 12 + (first & 0x0f) * 4
  return Float32Array.from(packet.subarray(start), decodeAlaw)
}

/** The digit in a packet of a telephone event; undefined when it is none. */
function digitOf(packet: Buffer): string | undefined {
  const isEvent = packet.length === 16 && ((packet[1] ?? 0) & 0x7f) === telephoneEvent
  return isEvent ? '0123456789*#'[packet[12] ?? 0] : undefined
}

/** Samples a second of PCMA. */
export const rtpRate = 8000

const samplesPerPacket = 160
const packetMs = 20
const pcma = 8
/** As the offers of the tests name it. */
const telephoneEvent = 101
const marker = 0x80
const amplitude = 0.4

function createSender(socket: Socket) {
  const ssrc = 0x70_6f_72_74
  let current = { pace: steadyPace, begun: performance.now(), first: 0, stampedBefore: 0 }
  let hz = 0
  let target: { readonly host: string; readonly port: number } | undefined
  let sequence = 0
  let sentLast = 0
  let stampedLast = 0
  const send = (): void => {
    // A late timer catches up, so that the stream keeps its pace.
    for (;;) {
      const { sent, stamped } = current.pace(sequence - current.first)
      const due = Math.max(sentLast, sent ?? stamped)
      if (due > performance.now() - current.begun) return
      sentLast = due
      stampedLast = current.stampedBefore + stamped
      const at = Math.round((stampedLast / packetMs) * samplesPerPacket)
      if (target && sent !== undefined)
        socket.send(
          tonePacket({ sequence: firstSequence + sequence, at, ssrc, hz }),
          target.port,
          target.host,
        )
      sequence += 1
    }
  }
  let timer = setInterval(send, packetMs).unref()
  return {
    play: (tone: number) => (hz = tone),
    pace(pace: Pace) {
      current = { pace, begun: performance.now(), first: sequence, stampedBefore: stampedLast + packetMs }
      sentLast = 0
      clearInterval(timer)
      timer = setInterval(send, finestMs).unref()
    },
    sendTo: (host: string, port: number) => (target = { host, port }),
    close: () => clearInterval(timer),
  }
}

/**
 * Where the numbers of the packets begin. Not at 0: Debian's Asterisk takes what its jitter buffer makes up for a packet of number 0, and what
 * follows for packets that are late, in the upper half of the numbers alone (its patch 2016_opus_plc to ast_translate).
 */
const firstSequence = 40_000

/** How exactly a pace is kept. */
const finestMs = 4

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
