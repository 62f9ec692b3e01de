import t from 'tap'
import { points } from './points.ts'
import { report, runCampaign, seedsFrom, unreached } from './campaign.ts'

/** How long things go wrong in each world that is run in CI. */
export const campaignMinutes = 10

/** Runs `count` worlds from seed `from` on as one test; every rare situation must come up in one of them. */
export function campaign(from: number, count: number): void {
  t.setTimeout(240_000)
  t.test(`seeds ${from} to ${from + count - 1} hold every invariant`, async t => {
    const { reached } = await runCampaign(seedsFrom(from, count), campaignMinutes, ({ seed, violation }) => {
      if (violation === undefined) t.pass(`seed ${seed}`)
      else t.fail(report(seed, campaignMinutes))
    })
    t.strictSame(
      unreached(reached).map(point => points[point]),
      [],
      'every rare situation came up',
    )
  })
}
