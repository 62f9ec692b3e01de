import type { Body } from '../ports.ts'
import { conferenceEventType, outwardEvent } from './conference-event.ts'

/**
 * What a media server says in an INFO or MESSAGE as the agent may hear it: a digit, or a conference's event. Nothing is passed
 * as it is, and what is not understood ends here.
 */
export function outwardBody(method: string, body: Body | undefined, call: string): Body | undefined {
  if (method === 'INFO' && body?.type === dtmfType) return outwardDigit(body.content)
  if (method === 'MESSAGE' && body?.type === conferenceEventType) return outwardEvent(body.content, call)
  return undefined
}

const dtmfType = 'application/dtmf-relay'

function outwardDigit(content: string): Body | undefined {
  const signal = /^Signal *= *([\dA-D*#])\s*$/im.exec(content)?.[1]
  const duration = /^Duration *= *(\d{1,5})\s*$/im.exec(content)?.[1] ?? '250'
  if (signal === undefined) return undefined
  return { type: dtmfType, content: `Signal=${signal}\r\nDuration=${duration}\r\n` }
}
