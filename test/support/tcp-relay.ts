import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A wire that a test can cut: what comes to `port` goes to another port of this machine, and back. */
export interface TcpRelay {
  readonly port: number
  /** Resets every connection. */
  cut(): void
  /** While set, new connections are reset as well. */
  refuse(on: boolean): void
  close(): Promise<void>
}

/** Opens a relay on a free port of 127.0.0.1. */
export async function openTcpRelay(to: number): Promise<TcpRelay> {
  const open = new Set<Socket>()
  let isRefusing = false
  const server = createServer(near => {
    if (isRefusing) return void near.resetAndDestroy()
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.once('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const cut = (): void => open.forEach(socket => socket.resetAndDestroy())
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut,
    refuse: on => (isRefusing = on),
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
