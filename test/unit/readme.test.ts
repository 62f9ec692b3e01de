import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import t from 'tap'
import { createProgram } from '../../cli/program.ts'
import { root } from '../support/paths.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

const program = createProgram({
  out: () => undefined,
  error: () => undefined,
  readLine: async () => '',
  env: {},
})

/** `portico …` as the README writes it, without what follows a `#`. */
const commands = [...readme.matchAll(/^ {4}(?:portico|node dist\/cli\/main\.js) ([^#\n]+)/gm)].map(
  ([, line = '']) => line.trim().split(/\s+/),
)

t.ok(commands.length > 5, 'the README shows commands')

for (const words of commands) {
  t.test(`portico ${words.join(' ')} is a command`, async t => {
    let command: Command = program
    for (const word of words.filter(one => !one.startsWith('-'))) {
      command = command.commands.find(one => one.name() === word) ?? command
    }
    t.not(command, program)
    t.equal(command.commands.length, 0, 'it names the whole command')
    const known = [...command.options, ...program.options].map(({ long }) => long)
    for (const option of words.filter(word => word.startsWith('--'))) t.ok(known.includes(option), option)
  })
}

t.test('every file and folder that README and ARCHITECTURE name is there', async t => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = '']) => path)
  const named = [...architecture.matchAll(/`((?:[a-z-]+\/)+(?:[a-z0-9-]+\.[a-z]+)?)`/g)].map(
    ([, path = '']) => path,
  )
  t.ok(links.length > 2 && named.length > 20)
  for (const path of [...links, ...named]) t.ok(existsSync(join(root, path)), path)
})
