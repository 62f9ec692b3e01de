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
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!stream?.getAudioTracks().length) return
    const meter = createMeter(audioContext(), stream)
    const timer = setInterval(() => {
      if (bar.current) draw(bar.current, meter.level())
    }, 100)
    return () => {
      clearInterval(timer)
      meter.close()
    }
  }, [stream])
  return (
    <div class="level">
      <span id={id}>{label}</span>
      <div
        class="bar"
        ref={bar}
        role="meter"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={0}
      >
        <div class="fill" />
      </div>
    </div>
  )
}

function draw(bar: HTMLElement, level: number): void {
  bar.setAttribute('aria-valuenow', String(Math.round(level * 100)))
  const fill = bar.firstElementChild
  if (fill instanceof HTMLElement) fill.style.transform = `scaleX(${level.toFixed(3)})`
}

let context: AudioContext | undefined

/** Browsers allow a few contexts only, and none before a click. */
function audioContext(): AudioContext {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
  return context
}
