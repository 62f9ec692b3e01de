import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { controls } from '../../../../scripts/controls/table.ts'

const root = new URL('../../../../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', root), 'utf8')

t.test('every control is where the table looks for it, once, and has its test', async t => {
  for (const { id, file, from, test } of controls) {
    t.equal(readFileSync(new URL(file, root), 'utf8').split(from).length, 2, `${id} in ${file}`)
    t.ok(existsSync(new URL(`test/${test}`, root)), test)
  }
})

t.test(
  'the page on security names every test of a threat, and says which controls are taken away',
  async t => {
    const rows = page.split('\n').filter(line => line.startsWith('| '))
    for (const name of readdirSync(new URL('test/integration/security/', root))) {
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
