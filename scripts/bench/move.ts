import type { Bench } from './bench.ts'
import { inNamespace } from './media/in-namespace.ts'

/** Agents with their clients are moved between two real Asterisks while both sides play tones. */
export const move: Bench = {
  about: 'agents and clients moved between real Asterisks: holes in the sound',
  async run(flags) {
    const pairs = flags.number('pairs', 6, 2, 50)
    const rounds = flags.number('rounds', 4, 1, 100)
    flags.finish()
    return inNamespace({ bench: 'move', pairs, rounds })
  },
}
