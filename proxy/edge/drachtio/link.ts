import type { Socket } from 'node:net'
import type { Clock } from '../../../runtime/clock.ts'
import { messageOf, PorticoError } from '../../../runtime/errors.ts'
import { createSrf, type SrfAgent, type SrfAnswer, type SrfOrder, type SrfRequest } from './srf.ts'

/** Where the drachtio-server is. */
export interface LinkOptions {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly clock: Clock
  readonly deadlineMs: number
  /** Every request, ACK and unsolicited BYE that the server delivers. */
  readonly receive: (req: SrfRequest, res: SrfAnswer) => void
  /** Called once, when an open link is gone. */
  readonly lost: (why: string) => void
}

/** One authenticated connection to a drachtio-server. It is never opened again; a new one takes its place. */
export interface Link {
  /** `proto/host:port,…` of the server's listeners, as they are bound. */
  readonly listeners: string
  /** `done` is called at most once: with the request as it was sent, or with the reason why it was not. */
  request(order: SrfOrder, done: (refusal: string | undefined, req: SrfRequest | undefined) => void): void
  close(): void
}

/** Connects and authenticates. Rejects with `E_DRACHTIO_UNREACHABLE`. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const { host, port, secret, clock, deadlineMs } = options
  const srf = createSrf()
  const gather = createGathering()
  register(srf, (req, res) => {
    gather(req.socket)
    options.receive(req, res)
  })
  return await new Promise<Link>((resolve, reject) => {
    let stage: 'opening' | 'open' | 'over' = 'opening'
    const fail = (why: string): void => {
      if (stage === 'opening') reject(unreachable(host, port, why))
      if (stage === 'open') options.lost(why)
      stage = 'over'
      disarm()
    }
    const disarm = clock.after(deadlineMs, () => {
      fail(`no answer within ${deadlineMs} ms`)
      hangUp(srf)
    })
    srf.on('connect', (error, hostports, _version, local) => {
      if (stage === 'opening' && !isFault(error)) {
        stage = 'open'
        disarm()
        resolve(linkOver(srf, gather, local || hostports, () => (stage = 'over')))
        return
      }
      if (isFault(error)) fail(messageOf(error))
      hangUp(srf)
    })
    srf.on('error', error => fail(messageOf(error)))
    srf.on('close', () => fail('the connection was closed'))
    // drachtio-srf's own reconnecting cannot be stopped and forgets TLS: each attempt is an instance of its own.
    srf.connect({ host, port, secret, reconnect: { maxAttempts: 1 } })
  })
}

/** The methods that the server shall deliver. */
const methods = [
  'invite',
  'register',
  'options',
  'bye',
  'info',
  'message',
  'update',
  'refer',
  'notify',
  'subscribe',
  'publish',
]

function register(srf: SrfAgent, receive: LinkOptions['receive']): void {
  // The handler without a method also hears ACK and the BYE that the server sent itself; the others make the routes.
  srf.use((req, res) => receive(req, res))
  for (const method of methods) srf.use(method, (req, res) => receive(req, res))
}

type Gather = (socket: Pick<Socket, 'cork' | 'uncork'>) => void

/** What is ordered in the same turn of the event loop leaves in one write: a write of its own costs more than the order. */
function createGathering(): Gather {
  let isGathering = false
  return socket => {
    if (isGathering) return
    isGathering = true
    socket.cork()
    setImmediate(() => {
      isGathering = false
      socket.uncork()
    })
  }
}

function linkOver(srf: SrfAgent, gather: Gather, listeners: string, closed: () => void): Link {
  return {
    listeners,
    request(order, done) {
      try {
        srf.request(order.uri, order, (error, req) => {
          if (isFault(error)) return done(messageOf(error), undefined)
          req.on('response', () => gather(req.socket))
          done(undefined, req)
        })
      } catch (cause) {
        // It asserts that it has a socket.
        done(messageOf(cause), undefined)
      }
    },
    close() {
      closed()
      hangUp(srf)
    },
  }
}

function hangUp(srf: SrfAgent): void {
  try {
    srf.disconnect()
  } catch {
    // There is no socket any more, which is what was wanted.
  }
}

function isFault(error: unknown): boolean {
  return error !== null && error !== undefined
}

function unreachable(host: string, port: number, why: string): PorticoError {
  return new PorticoError(
    'E_DRACHTIO_UNREACHABLE',
    `no drachtio-server at ${host}:${port} (${why}): check signalling.drachtio.host, port and secret`,
  )
}
