import type { Bench } from './bench.ts'
import type { CompiledService } from './compiled-process.ts'
import { start } from './remote.ts'
import { measuredIn } from './snapshot.ts'

/** The same benchmark in a process that runs the compiled sources: for those that call the product in their own process. */
export function compiled(name: string, { about }: Bench): Bench {
  return {
    about,
    run: flags =>
      measuredIn(async snapshot => {
        const module = snapshot.module('scripts/bench/compiled-process.js')
        const child = start<CompiledService>({ module, stderr: 2 })
        try {
          return await child.ask.run({ name, argv: flags.pass() })
        } finally {
          await child.stop()
        }
      }),
  }
}
