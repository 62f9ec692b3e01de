import { readdir, readFile } from 'node:fs/promises'
import type { Bench } from './bench.ts'
import type { ParseService, ParseTimes } from './parse-process.ts'
import { start } from './remote.ts'
import { takeSnapshot } from './snapshot.ts'
import { medians } from './statistics.ts'

/** How many messages one core reads, and writes again, in a second. */
export const parse: Bench = {
  about: 'messages read per second, by kind: REGISTER, INVITE of a browser, 200, torture',
  async run(flags) {
    const rounds = flags.number('rounds', 5, 1, 50)
    const ms = flags.number('ms', 400, 50, 10_000)
    const revision = flags.text('revision')
    flags.finish()
    const torture = await tortureMessages()
    const snapshot = await takeSnapshot(revision)
    const reader = start<ParseService>({ module: snapshot.module('scripts/bench/parse-process.js') })
    try {
      const runs: ParseTimes[] = []
      for (let round = 0; round <= rounds; round++) runs.push(await reader.ask.measure({ ms, torture }))
      const conditions = { revision: snapshot.revision, rounds, msPerKind: ms }
      return {
        // The first round warms up.
        figures: medians(runs.slice(1).map(({ perSecond }) => perSecond)),
        conditions: { ...conditions, bytes: runs[0]?.bytes, counted: 'processor time of one process' },
      }
    } finally {
      await reader.stop()
      await snapshot.remove()
    }
  },
}

/** Those of RFC 4475 that the tests are made with. */
async function tortureMessages(): Promise<readonly Buffer[]> {
  const folder = new URL('../../test/fixtures/rfc4475/', import.meta.url)
  const names = (await readdir(folder)).filter(name => name.endsWith('.dat'))
  return Promise.all(names.map(name => readFile(new URL(name, folder))))
}
