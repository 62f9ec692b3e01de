import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { meanLevel, readWav, sine, toneLevel, writeWav } from '../../support/tone.ts'

const levels: readonly [name: string, hz: number, expected: number, samples: Float32Array, rate: number][] = [
  ['the tone itself', 440, 0.5, sine(440).samples, 48_000],
  ['a quiet tone', 440, 0.01, sine(440, { amplitude: 0.01 }).samples, 48_000],
  ['a tone between two bins', 1004, 0.5, sine(1004, { rate: 8000, ms: 730 }).samples, 8000],
  ['another tone', 1004, 0, sine(440).samples, 48_000],
  ['a tone ten hertz away', 450, 0, sine(440).samples, 48_000],
  ['silence', 440, 0, new Float32Array(48_000), 48_000],
  ['nothing', 440, 0, new Float32Array(), 48_000],
]
for (const [name, hz, expected, samples, rate] of levels) {
  t.test(`${name} has the level ${expected}`, async t => {
    const level = toneLevel(samples, rate, hz)
    t.ok(Math.abs(level - expected) < 0.001, `${level} is ${expected}`)
  })
}

t.test('two tones at once are told apart', async t => {
  const low = sine(440, { amplitude: 0.3 }).samples
  const both = sine(1004, { amplitude: 0.2 }).samples.map((sample, n) => sample + (low[n] ?? 0))
  t.ok(Math.abs(toneLevel(both, 48_000, 440) - 0.3) < 0.001)
  t.ok(Math.abs(toneLevel(both, 48_000, 1004) - 0.2) < 0.001)
})

t.test('a tone that jumps to its opposite in the middle keeps its mean level', async t => {
  const { samples } = sine(440)
  const jumped = samples.map((sample, n) => (n < samples.length / 2 ? sample : -sample))
  t.ok(toneLevel(jumped, 48_000, 440) < 0.01)
  t.ok(Math.abs(meanLevel(jumped, 48_000, 440) - 0.5) < 0.05)
})

t.test('a tone that is there half of the time has half of its mean level', async t => {
  const { samples } = sine(440)
  const half = samples.map((sample, n) => (n < samples.length / 2 ? sample : 0))
  t.ok(Math.abs(meanLevel(half, 48_000, 440) - 0.25) < 0.05)
})

t.test('the mean level of another tone, of silence and of nothing is none', async t => {
  t.ok(meanLevel(sine(440).samples, 48_000, 1004) < 0.001)
  t.equal(meanLevel(new Float32Array(48_000), 48_000, 440), 0)
  t.equal(meanLevel(new Float32Array(), 48_000, 440), 0)
})

t.test('noise has no tone', async t => {
  let seed = 1
  const noise = new Float32Array(48_000).map(() => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 1_073_741_823 - 1
  })
  t.ok(toneLevel(noise, 48_000, 440) < 0.02)
})

t.test('a wav file', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'portico-wav-'))
  const path = join(folder, 'tone.wav')
  t.teardown(() => rm(folder, { recursive: true }))
  await writeWav(path, sine(440, { rate: 16_000, ms: 500 }))

  t.test('is read as it was written', async t => {
    const { rate, samples } = await readWav(path)
    t.equal(rate, 16_000)
    t.equal(samples.length, 8000)
    t.ok(Math.abs(toneLevel(samples, rate, 440) - 0.5) < 0.001)
  })

  t.test('whose recorder did not close it is read to its end', async t => {
    const bytes = await readFile(path)
    bytes.writeUInt32LE(0, 40)
    await writeFile(path, bytes)
    t.equal((await readWav(path)).samples.length, 8000)
  })

  t.test('of another kind is refused', async t => {
    await writeFile(path, 'no wav')
    await t.rejects(readWav(path), /is no wav file/)
  })
})
