import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** Plays `stream`; it has no controls of its own. */
export function RemoteSound({ stream }: { readonly stream: MediaStream | undefined }): JSX.Element {
  const audio = useRef<HTMLAudioElement>(null)
  useEffect(() => {
    const element = audio.current
    if (!element) return
    element.srcObject = stream ?? null
    // The click on "Start shift" allowed it. A stream that is replaced meanwhile rejects the promise of the old one.
    if (stream) element.play().catch(() => undefined)
  }, [stream])
  return <audio ref={audio} />
}
