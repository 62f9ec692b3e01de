import t from 'tap'
import { regressions, report } from './campaign.ts'
import { campaign } from './engine-campaign.ts'
import { simulate } from './world.ts'

for (const { seed, minutes, found } of regressions()) {
  t.test(`seed ${seed}, which has found: ${found}`, async t => {
    const { violation } = simulate(seed, { minutes })
    t.equal(violation, undefined, violation === undefined ? found : report(seed, minutes))
  })
}

campaign(1, 100)
