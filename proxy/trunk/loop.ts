import { createHmac } from 'node:crypto'
import type { SipRequest } from '../../engine/message/message.ts'

/** The header by which a door knows its own calls again: one mark for each door that sent the call on to a trunk. */
export const loopHeader = 'X-Portico-Marks'

/** More doors than a call passes on purpose. */
const mostMarks = 8

/** Knows the calls that this door has sent to a trunk for the same number before (RFC 5393 §4.2 in the way of a B2BUA). */
export interface LoopGuard {
  /** Whether the call has been here. A call with too many marks counts as one that has. */
  isLoop(request: Pick<SipRequest, 'headers'>, number: string): boolean
  /** The marks that the call takes along. */
  marks(request: Pick<SipRequest, 'headers'>, number: string): string
}

/** `key` is this door's own. */
export function createLoopGuard(key: Buffer): LoopGuard {
  const mark = (number: string): string => createHmac('sha256', key).update(number).digest('hex').slice(0, 16)
  return {
    isLoop: (request, number) => {
      const marks = marksOf(request)
      return marks.length >= mostMarks || marks.includes(mark(number))
    },
    marks: (request, number) => [...marksOf(request), mark(number)].join(','),
  }
}

function marksOf({ headers }: Pick<SipRequest, 'headers'>): readonly string[] {
  const marks = headers.all(loopHeader).flatMap(value => value.slice(0, 1_024).split(','))
  return marks.map(one => one.trim()).filter(one => /^[0-9a-f]{16}$/.test(one))
}
