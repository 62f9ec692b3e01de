import { render } from 'preact'
import type { CallMedia } from './phone/media.ts'
import { Phone } from './phone/phone.ts'
import { isInConference } from './phone/phone-state.ts'
import { dropCall, orderCall } from './phone/own-calls.ts'
import { requestSession } from './phone/session.ts'
import { SipLine } from './phone/sip-line.ts'
import { App } from './ui/app.tsx'
import { Watched } from './ui/use-watched.ts'

const media = new Watched<CallMedia | undefined>(undefined)

const phone = new Phone({
  line: receive =>
    new SipLine({
      receive,
      media: streams => media.set(streams),
      // `?processing=off` leaves the sound of the microphone as it is, e.g. to measure a tone.
      processing: new URLSearchParams(location.search).get('processing') !== 'off',
      instanceId: instanceId(),
    }),
  requestSession,
  orderCall,
  dropCall,
  after(ms, task) {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
  random: Math.random,
})

window.addEventListener('online', () => phone.networkIs(true))
window.addEventListener('offline', () => phone.networkIs(false))
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && navigator.onLine) phone.networkIs(true)
})
window.addEventListener('beforeunload', event => {
  if (isInConference(phone.state.stage)) event.preventDefault()
})

const root = document.querySelector('#phone')
if (root) {
  const state = { value: () => phone.state, watch: (watcher: () => void) => phone.watch(watcher) }
  render(<App phone={phone} state={state} media={media} />, root)
}

/** RFC 5626 §4.1: the same after a reload, another one in another window. */
function instanceId(): string {
  const key = 'portico.instance'
  const known = sessionStorage.getItem(key)
  if (known) return known
  const fresh = crypto.randomUUID()
  sessionStorage.setItem(key, fresh)
  return fresh
}
