import type { JSX } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { createMeter } from '../phone/media.ts'

/** What a level meter shows. */
export interface LevelMeterProps {
  readonly label: string
  readonly stream: MediaStream | undefined
}

/** How loud `stream` is, drawn ten times a second and not announced. */
export function LevelMeter({ label, stream }: LevelMeterProps): JSX.Element {
  const id = useId()
  const bar = useRef<HTMLMeterElement>(null)
  useEffect(() => {
    if (!stream?.getAudioTracks().length) return
    const meter = createMeter(audioContext(), stream)
    const timer = setInterval(() => {
      if (bar.current) bar.current.value = meter.level()
    }, 100)
    return () => {
      clearInterval(timer)
      meter.close()
    }
  }, [stream])
  return (
    <div class="level">
      <label for={id}>{label}</label>
      <meter id={id} ref={bar} min={0} max={1} />
    </div>
  )
}

let context: AudioContext | undefined

/** Browsers allow a few contexts only, and none before a click. */
function audioContext(): AudioContext {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
  return context
}
