import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

// It takes a minute, most of it the waiting that the suite itself prescribes.
t.setTimeout(300_000)

const script = fileURLToPath(new URL('../../scripts/conformance', import.meta.url))
/** Of drachtio-srf 5.0.29: 52 unit tests and 78 assertions against this engine. */
const all = 130

t.test("drachtio-srf's own test suite passes whole on this engine", async t => {
  const run = await new Promise<{ readonly code: number; readonly output: string }>(resolve => {
    execFile(script, { maxBuffer: 10_000_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    )
  })
  t.equal(run.code, 0, run.output)
  t.equal(run.output.trimEnd().split('\n').at(-1), `${all} passed, 0 failed`, run.output)
})
