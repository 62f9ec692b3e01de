import t from 'tap'
import { missingPackets } from '../../../../../scripts/bench/media/holes.ts'

/** Packets of one stream with these sequence numbers. */
function stream(sequences: readonly number[], ssrc = 1) {
  return sequences.map((sequence, at) => ({ at, ssrc, sequence, samples: new Float32Array() }))
}

t.test('nothing is missing from packets in a row, in whatever order they arrived', async t => {
  t.equal(missingPackets(stream([7, 8, 9])), 0)
  t.equal(missingPackets(stream([7, 9, 8, 10])), 0)
  t.equal(missingPackets(stream([65_534, 65_535, 0, 1])), 0)
})

t.test('what did not arrive is missing, and what came twice makes up for nothing', async t => {
  t.equal(missingPackets(stream([7, 9])), 1)
  t.equal(missingPackets(stream([65_535, 2])), 2)
  t.equal(missingPackets(stream([7, 9, 9, 10])), 1)
})

t.test('another stream does not go on with the first', async t => {
  t.equal(missingPackets([...stream([7, 8]), ...stream([9], 2)]), Infinity)
  t.equal(missingPackets([]), Infinity)
})
