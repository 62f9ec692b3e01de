/**
 * How fast the machine is right now, so that figures of different hours can be compared: processor time of work that never
 * changes. On a quiet machine the numbers are those of docs/benchmarks.md; neighbours on the same core raise them.
 */
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { PorticoError } from '../../runtime/errors.ts'

/** Processor time of two kinds of fixed work. */
export interface Anchor {
  /** Hashing and string work, ms. */
  readonly computeMs: number
  /** Sending one datagram of 1 kB to oneself over loopback and receiving it, µs. */
  readonly datagramUs: number
}

/** Takes about half a second. */
export async function anchor(): Promise<Anchor> {
  compute(20_000)
  const computeMs = await cpuMs(async () => compute(50_000))
  const datagrams = 5_000
  await echo(datagrams)
  const datagramMs = await cpuMs(() => echo(datagrams))
  return {
    computeMs: Number(computeMs.toFixed(0)),
    datagramUs: Number(((datagramMs * 1000) / datagrams).toFixed(1)),
  }
}

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function compute(rounds: number): void {
  let text = 'portico'
  for (let round = 0; round < rounds; round++) {
    const fields = `${text};round=${round};tag=${text.slice(0, 8)}`.split(';')
    text = createHash('md5').update(fields.join('|').toUpperCase()).digest('hex')
  }
}

async function echo(datagrams: number): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  const bytes = Buffer.alloc(1024)
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new PorticoError('E_LAB', 'loopback loses datagrams')), 10_000)
    let received = 0
    socket.on('message', () => {
      received += 1
      if (received === datagrams) {
        clearTimeout(late)
        resolve()
      } else socket.send(bytes, port, '127.0.0.1')
    })
    socket.send(bytes, port, '127.0.0.1')
  })
  await new Promise<void>(resolve => socket.close(() => resolve()))
}
