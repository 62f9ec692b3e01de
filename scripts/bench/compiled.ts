import type { Bench, Measured } from './bench.ts'
import type { CompiledService } from './compiled-process.ts'
import { start } from './remote.ts'
import { takeSnapshot } from './snapshot.ts'

/** The same benchmark in a process that runs the compiled sources: for those that call the product in their own process. */
export function compiled(name: string, { about }: Bench): Bench {
  return {
    about,
    async run(flags): Promise<Measured> {
      const snapshot = await takeSnapshot()
      const child = start<CompiledService>({
        module: snapshot.module('scripts/bench/compiled-process.js'),
        stderr: 2,
      })
      try {
        const { figures, conditions } = await child.ask.run({ name, argv: flags.pass() })
        return { figures, conditions: { revision: snapshot.revision, ...conditions } }
      } finally {
        await child.stop()
        await snapshot.remove()
      }
    },
  }
}
