/** The two sound streams of a call. */
export interface CallMedia {
  /** What the microphone gives. */
  readonly local: MediaStream
  /** What the conference sends. */
  readonly remote: MediaStream
}

/** What is asked of the microphone. Without `processing` the sound stays as it is, so that a tone can be measured. */
export function microphoneConstraints(processing: boolean): MediaStreamConstraints {
  return {
    audio: { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing },
    video: false,
  }
}

/** Opens the microphone; when nobody wants it any more by then, it is closed again at once. */
export async function openMicrophone(
  constraints: MediaStreamConstraints,
  isWanted: () => boolean,
): Promise<MediaStream> {
  const stream = await navigator.mediaDevices.getUserMedia(constraints)
  if (!isWanted()) for (const track of stream.getTracks()) track.stop()
  return stream
}

/** Measures how loud a stream is. */
export interface Meter {
  /** 0 for silence … 1 for full scale, on a scale that follows the ear (−60 dB … 0 dB). */
  level(): number
  close(): void
}

/** A meter on `stream`. It makes no sound and changes none. */
export function createMeter(context: AudioContext, stream: MediaStream): Meter {
  const source = context.createMediaStreamSource(stream)
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    level() {
      analyser.getFloatTimeDomainData(samples)
      return loudness(samples)
    },
    close: () => source.disconnect(),
  }
}

const quietestDb = -60

function loudness(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const db = 20 * Math.log10(Math.sqrt(sum / samples.length) || 1e-9)
  return Math.min(1, Math.max(0, 1 - db / quietestDb))
}
