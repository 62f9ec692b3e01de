import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { controls } from '../../../../scripts/controls/table.ts'
import { root } from '../../../support/paths.ts'

const page = readFileSync(join(root, 'docs/security.md'), 'utf8')

t.test('every control is where the table looks for it, once, and has its test', async t => {
  for (const { id, file, from, test } of controls) {
    t.equal(readFileSync(join(root, file), 'utf8').split(from).length, 2, `${id} in ${file}`)
    t.ok(existsSync(join(root, `test/${test}`)), test)
  }
})

t.test(
  'the page on security names every test of a threat, and says which controls are taken away',
  async t => {
    const rows = page.split('\n').filter(line => line.startsWith('| '))
    for (const name of readdirSync(join(root, 'test/integration/security/'))) {
      const row = rows.find(line => line.includes(`\`${name}\``))
      t.ok(row, name)
      t.equal(
        row?.includes('controls |'),
        controls.some(({ test }) => test.endsWith(`/${name}`)),
        name,
      )
    }
  },
)
