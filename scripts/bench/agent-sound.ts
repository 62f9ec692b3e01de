import type { Bench } from './bench.ts'
import { inNamespace } from './media/in-namespace.ts'

/** What a client hears of an agent whose network, or whose computer, has trouble, by the jitter buffer that Asterisk is told to use. */
export const agentSound: Bench = {
  about: 'what a client hears of an agent whose network or computer has trouble, by jitter buffer',
  async run(flags) {
    const buffers = (flags.text('buffers') ?? 'disabled:none').split(' ')
    flags.finish()
    return inNamespace({ bench: 'agent-sound', buffers })
  },
}
