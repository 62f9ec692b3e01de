import { readFile, writeFile } from 'node:fs/promises'

/** Sound: samples in −1 … 1 at `rate` samples a second. */
export interface Sound {
  readonly rate: number
  readonly samples: Float32Array
}

/** A sine of `hz` that lasts `ms`. */
export function sine(hz: number, { rate = 48_000, ms = 1000, amplitude = 0.5 } = {}): Sound {
  const samples = new Float32Array(Math.round((rate * ms) / 1000))
  for (let n = 0; n < samples.length; n += 1) samples[n] = amplitude * Math.sin((2 * Math.PI * hz * n) / rate)
  return { rate, samples }
}

/**
 * The amplitude (0 … 1) of the tone `hz` in the sound, by Goertzel over a Hann window. Half a second or more tells
 * tones apart that differ by 10 Hz; other tones and silence give less than 0.001.
 */
export function toneLevel(samples: ArrayLike<number>, rate: number, hz: number): number {
  const length = samples.length
  if (length === 0) return 0
  const omega = (2 * Math.PI * hz) / rate
  const coefficient = 2 * Math.cos(omega)
  let last = 0
  let before = 0
  for (let n = 0; n < length; n += 1) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length)
    const next = (samples[n] ?? 0) * window + coefficient * last - before
    before = last
    last = next
  }
  const power = last * last + before * before - coefficient * last * before
  return (4 * Math.sqrt(Math.max(0, power))) / length
}

/**
 * The amplitude (0 … 1) of the tone `hz` over the whole sound, as the mean of its tenths of a second: a jump in the tone's phase
 * or a short gap lowers it in proportion, where `toneLevel` may take both halves for each other's opposite. Tells tones apart
 * that differ by 50 Hz.
 */
export function meanLevel(samples: Float32Array, rate: number, hz: number): number {
  const length = Math.min(samples.length, Math.round(rate / 10))
  const parts = length === 0 ? 0 : Math.floor(samples.length / length)
  let sum = 0
  for (let part = 0; part < parts; part += 1) {
    sum += toneLevel(samples.subarray(part * length, (part + 1) * length), rate, hz)
  }
  return parts === 0 ? 0 : sum / parts
}

/** Writes mono PCM, 16 bits. */
export async function writeWav(path: string, { rate, samples }: Sound): Promise<void> {
  const bytes = Buffer.alloc(44 + samples.length * 2)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + samples.length * 2, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(rate * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(samples.length * 2, 40)
  samples.forEach((sample, n) => bytes.writeInt16LE(Math.round(clamp(sample) * 32_767), 44 + n * 2))
  await writeFile(path, bytes)
}

/**
 * Reads PCM of 16 bits; of several channels the first. A file that is still being written is read as far as it goes.
 * Throws when it is of another form.
 */
export async function readWav(path: string): Promise<Sound> {
  const bytes = await readFile(path)
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${path} is no wav file`)
  }
  const format = chunk(bytes, 'fmt ')
  const data = chunk(bytes, 'data')
  if (!format || !data || format.readUInt16LE(0) !== 1 || format.readUInt16LE(14) !== 16) {
    throw new Error(`${path} is no PCM of 16 bits`)
  }
  const channels = format.readUInt16LE(2)
  const samples = new Float32Array(Math.floor(data.length / (2 * channels)))
  for (let n = 0; n < samples.length; n += 1) samples[n] = data.readInt16LE(n * 2 * channels) / 32_768
  return { rate: format.readUInt32LE(4), samples }
}

function chunk(bytes: Buffer, name: string): Buffer | undefined {
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32LE(at + 4)
    const isLast = name === 'data' && bytes.toString('latin1', at, at + 4) === 'data'
    // A recorder writes the true size when it closes the file.
    if (isLast)
      return bytes.subarray(at + 8, size === 0 ? bytes.length : Math.min(bytes.length, at + 8 + size))
    if (bytes.toString('latin1', at, at + 4) === name) return bytes.subarray(at + 8, at + 8 + size)
    at += 8 + size + (size % 2)
  }
  return undefined
}

function clamp(sample: number): number {
  return Math.min(1, Math.max(-1, sample))
}
