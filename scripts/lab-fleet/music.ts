const rate = 8000

/**
 * What a waiting agent hears in a lab, as a WAV file: soft notes, none of them near the 440 and 1004 Hz that tests listen for.
 */
export function musicFile(): Buffer {
  const notes = [262, 330, 392, 523, 392, 330]
  const samples = notes.flatMap(note)
  const file = Buffer.alloc(44 + 2 * samples.length)
  writeHeader(file, samples.length)
  samples.forEach((sample, index) => file.writeInt16LE(sample, 44 + 2 * index))
  return file
}

function note(hertz: number): readonly number[] {
  const length = rate
  return Array.from({ length }, (_, n) => {
    const envelope = Math.sin((Math.PI * n) / length)
    return Math.round(3000 * envelope * Math.sin((2 * Math.PI * hertz * n) / rate))
  })
}

/** RIFF/WAVE, PCM, one channel, 16 bits. */
function writeHeader(file: Buffer, samples: number): void {
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + 2 * samples, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(rate, 24)
  file.writeUInt32LE(2 * rate, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(2 * samples, 40)
}
