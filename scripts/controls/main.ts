/** `npm run controls [-- ID…]`: takes each control away, in a copy of the sources, and sees whether its test then fails. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runFile } from '../testing/run-file.ts'
import { wantsNamespace } from '../testing/test-files.ts'
import { controls, type Control } from './table.ts'

type Seen = 'fails' | 'passes' | 'fails anyway' | 'no such control'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copied = ['runtime', 'config', 'engine', 'proxy', 'selector', 'cli', 'softphone', 'scripts', 'test']
const files = ['package.json', 'tsconfig.json']

async function copyOfSources(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-controls-'))
  for (const name of [...copied, ...files])
    await cp(join(root, name), join(folder, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

async function without({ file, from, to, test }: Control, folder: string): Promise<Seen> {
  const path = join(folder, file)
  const text = await readFile(path, 'utf8')
  if (text.split(from).length !== 2) return 'no such control'
  await writeFile(
    path,
    text.replace(from, () => to),
  )
  try {
    return (await passes(test, folder)) ? 'passes' : 'fails'
  } finally {
    await writeFile(path, text)
  }
}

async function passes(test: string, folder: string): Promise<boolean> {
  const file = join(folder, 'test', test)
  const hasNamespace = await wantsNamespace(file)
  return (await runFile({ file, hasNamespace, nodeArguments: ['--import', 'tsx'] })).failed === 0
}

const asked = new Set(process.argv.slice(2))
const looked = controls.filter(({ id }) => asked.size === 0 || asked.has(id))
const folder = await copyOfSources()
let unproven = 0
try {
  for (const control of looked) {
    const seen = await without(control, folder)
    if (seen !== 'fails') unproven += 1
    console.log(`${control.id.padEnd(4)} ${seen.padEnd(15)} ${control.keeps}`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(`\n${looked.length - unproven} of ${looked.length} tests fail without their control`)
process.exitCode = unproven > 0 || looked.length === 0 ? 1 : 0
