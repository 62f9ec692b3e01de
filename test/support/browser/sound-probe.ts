import type { Page } from 'playwright-core'
import { meanLevel } from '../tone.ts'

/** What was heard in a page. */
export interface Heard {
  readonly rate: number
  readonly samples: readonly number[]
  /** The strongest frequency; meaningless in silence. */
  readonly peakHz: number
}

/** Listens to what the page's audio element plays. `ms` must be at least 700 to be free of what was before. */
export async function hear(page: Page, ms = 1000): Promise<Heard> {
  return page.evaluate<Heard>(`soundProbe.hear(${ms})`)
}

/** Listens to what a page that answered by `answerAsPeer` is sent. */
export async function hearPeer(page: Page, ms = 1000): Promise<Heard> {
  return page.evaluate<Heard>(`soundProbe.hearPeer(${ms})`)
}

/** Lets a page be the other side of a call: takes the offer, plays `hz`, gives the answer. */
export async function answerAsPeer(page: Page, offer: string, hz: number): Promise<string> {
  return page.evaluate<string>(`soundProbe.answer(${JSON.stringify(offer)}, ${hz})`)
}

/** The mean amplitude of the tone `hz` in what was heard. */
export function levelOf({ samples, rate }: Heard, hz: number): number {
  return meanLevel(Float32Array.from(samples), rate, hz)
}
