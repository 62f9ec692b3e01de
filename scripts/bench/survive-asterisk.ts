import type { Bench } from './bench.ts'
import { inNamespace } from './media/in-namespace.ts'

/** An Asterisk dies (kill -9) or hangs (SIGSTOP) under agents and clients who play tones; another one takes them. */
export const surviveAsterisk: Bench = {
  about: 'an Asterisk killed or hung under agents and clients: legs kept, holes in the sound',
  async run(flags) {
    const pairs = flags.number('pairs', 20, 1, 50)
    const how = flags.choice('how', ['kill', 'freeze'])
    flags.finish()
    return inNamespace({ bench: 'survive-asterisk', pairs, how })
  },
}
