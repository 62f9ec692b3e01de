import type { MediaServer } from '../../selector/domain/media-server.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { SipEdge } from '../ports.ts'
import { probeUri, type Prober } from './prober.ts'

/** Asks a media server once, at once, whether its SIP works. What is found counts for nothing but the question. */
export interface SipCheck extends Pick<Prober, 'take'> {
  /** Whether it answers an OPTIONS within `ms`, with whatever status; false when there is no such server. */
  answers(server: string, ms: number): Promise<boolean>
}

export interface SipCheckOptions {
  readonly edge: Pick<SipEdge, 'request'>
  readonly server: (id: string) => MediaServer | undefined
  readonly clock: Clock
}

export function createSipCheck({ edge, server, clock }: SipCheckOptions): SipCheck {
  const asked = new Map<string, (answered: boolean) => void>()
  let count = 0
  return {
    answers: (id, ms) =>
      new Promise(resolve => {
        const media = server(id)
        if (media === undefined) return resolve(false)
        count += 1
        const transaction = `check-${count}`
        const cancel = clock.after(ms, () => resolve(false))
        asked.set(transaction, answered => {
          cancel()
          resolve(answered)
        })
        edge.request({ transaction, method: 'OPTIONS', uri: probeUri(media), side: 'inside' })
      }),
    take({ transaction, response, local }) {
      const tell = asked.get(transaction)
      if (tell === undefined) return false
      if (response.status < 200) return true
      asked.delete(transaction)
      tell(!local)
      return true
    },
  }
}
