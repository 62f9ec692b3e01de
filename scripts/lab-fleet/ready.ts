import { createSocket } from 'node:dgram'
import { createConnection, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { PorticoError } from '../../runtime/errors.ts'

/** Where a service listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Calls `probe` until it says yes; false when `alive` says no or `ms` have passed. */
export async function becomes(
  probe: () => Promise<boolean>,
  alive: () => Promise<boolean>,
  ms = 20_000,
): Promise<boolean> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await pause(25)) {
    if (await probe()) return true
    if (!(await alive())) return false
  }
  return false
}

/** Sends `hello` over TCP; true when `expected` comes back within `ms`. */
export function tcpAnswers(address: Address, hello: string, expected: string, ms = 2000): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(address)
    let received = ''
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ms, () => end(false))
    socket.on('connect', () => socket.write(hello))
    socket.on('data', data => {
      received += data.toString()
      if (received.includes(expected)) end(true)
    })
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
  })
}

/** Sends `hello` over UDP; true when a datagram with `expected` comes back within `ms`. */
export function udpAnswers(
  { host, port }: Address,
  hello: string,
  expected: string,
  ms = 200,
): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    const end = (answer: boolean): void => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(false), ms)
    socket.on('message', message => end(message.toString().includes(expected)))
    socket.on('error', () => end(false))
    socket.connect(port, host, () => socket.send(hello))
  })
}

/** Throws `E_LAB` with the reason when somebody else has the port or the address is not on this machine. */
export async function checkFree(kind: 'udp' | 'tcp', { host, port }: Address): Promise<void> {
  const code = await (kind === 'udp' ? bindUdp(host, port) : bindTcp(host, port))
  if (code === undefined) return
  if (code === 'EADDRINUSE') {
    throw new PorticoError(
      'E_LAB',
      `${kind} ${host}:${port} is taken: take the other lab down, or start this one inside \`unshare -n\``,
    )
  }
  throw new PorticoError(
    'E_LAB',
    `${kind} ${host}:${port} cannot be used (${code}): is loopback up? \`ip link set lo up\``,
  )
}

function bindUdp(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createSocket('udp4')
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.bind(port, host, () => socket.close(() => resolve(undefined)))
  })
}

function bindTcp(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}
