import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AmiAddress } from '../../selector/domain/media-server.ts'

/** Stands before a Manager Interface and loses and doubles what it is told to. */
export interface AmiFaultProxy {
  readonly port: number
  /** Share of events that are lost, and as many that are doubled; 0 ends it. */
  mangle(share: number): void
  /** How many events were lost and doubled so far. */
  readonly done: { lost: number; doubled: number }
  close(): Promise<void>
}

/**
 * Opens a proxy before `ami`. `chance` gives numbers in [0, 1). Answers to actions pass: on one connection TCP loses
 * nothing, so what stands for a lost event is one that Asterisk never wrote; and so does FullyBooted, which Asterisk
 * writes straight to the session and not through its queue of events.
 */
export async function openAmiFaultProxy(ami: AmiAddress, chance: () => number): Promise<AmiFaultProxy> {
  const open = new Set<Socket>()
  const done = { lost: 0, doubled: 0 }
  let share = 0
  function mangled(message: string): string {
    if (!/^Event: /m.test(message) || /^(ActionID:|Event: FullyBooted)/m.test(message)) return message
    const drawn = chance()
    if (drawn < share) done.lost += 1
    else if (drawn < 2 * share) done.doubled += 1
    return drawn < share ? '' : drawn < 2 * share ? message + message : message
  }
  const server = createServer(near => {
    const far = connect(ami.port, ami.host)
    let rest = ''
    near.pipe(far)
    far.setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (rest + chunk).split('\r\n\r\n')
      rest = messages.pop() ?? ''
      near.write(messages.map(message => mangled(`${message}\r\n\r\n`)).join(''))
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    mangle: next => (share = next),
    done,
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
