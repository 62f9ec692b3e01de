import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { LeakScanner } from './leak-scanner.ts'

/** A message of which a door sent a copy. */
export interface Captured {
  readonly from: End
  readonly to: End
  readonly text: string
}

interface End {
  readonly host: string
  readonly port: number
}

/** Takes the copies that doors send by HEP version 3 (`capture.hep`). */
export interface Capture {
  /** For the setting. */
  readonly url: string
  close(): void
}

/** Opens one on a free port of 127.0.0.1. */
export async function openCapture(receive: (message: Captured) => void): Promise<Capture> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 8_388_608 })
  socket.on('message', packet => receive(decodeHep(packet)))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  // A test that forgets it still ends.
  socket.unref()
  return { url: `udp://127.0.0.1:${socket.address().port}`, close: () => socket.close() }
}

/** Tells messages of the inside from those of agents and carriers by the ends that are inside. */
export function sorted(
  scanner: LeakScanner,
  { isInside, isDoor }: { readonly isInside: (end: End) => boolean; readonly isDoor: (end: End) => boolean },
): (message: Captured) => void {
  return ({ from, to, text }) => {
    if (isInside(from)) scanner.inside(text, 'server')
    else if (isInside(to)) scanner.inside(text, 'door')
    else if (isDoor(from)) scanner.toOutside(text)
    else scanner.fromOutside(text)
  }
}

/** The chunks of a packet: vendor, type, length, then bytes. */
function decodeHep(packet: Buffer): Captured {
  const chunks = new Map<number, Buffer>()
  for (let at = 6; at + 6 <= packet.length;) {
    const length = packet.readUInt16BE(at + 4)
    chunks.set(packet.readUInt16BE(at + 2), packet.subarray(at + 6, at + length))
    at += length
  }
  const host = (type: number): string => [...(chunks.get(type) ?? [])].join('.')
  const port = (type: number): number => chunks.get(type)?.readUInt16BE() ?? 0
  return {
    from: { host: host(3), port: port(7) },
    to: { host: host(4), port: port(8) },
    text: (chunks.get(15) ?? Buffer.alloc(0)).toString(),
  }
}
