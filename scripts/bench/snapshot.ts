import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Measured } from './bench.ts'

/** A compiled copy of the sources, which nobody edits while it is measured. */
export interface Snapshot {
  /** Short commit id; with `+` when the sources differ from that commit. */
  readonly revision: string
  /** The folder that belongs to this snapshot alone. */
  readonly folder: string
  /** The path of a module, e.g. `scripts/bench/door.js`. */
  module(path: string): string
  remove(): Promise<void>
}

/**
 * Compiles the sources as `npm run build` does, without checking types: what tsx makes of them is no measure, for it names
 * each closure whenever it is made. The sources lie beside, for the lab. `variant` is a commit, or a folder with another copy of the
 * sources: then the product is that one, while the benchmark stays that of the working tree.
 */
export async function takeSnapshot(variant?: string): Promise<Snapshot> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-bench-'))
  const isFolder = variant !== undefined && existsSync(join(variant, 'package.json'))
  const sources = variant === undefined ? root : isFolder ? variant : join(folder, 'sources')
  if (variant !== undefined && !isFolder) await checkOut(variant, folder, sources)
  for (const part of product) await compile(join(sources, part), join(folder, part))
  for (const part of benchmark) await compile(join(root, part), join(folder, part))
  await cp(join(sources, 'package.json'), join(folder, 'package.json'))
  await cp(join(root, 'scripts/lab'), join(folder, 'scripts/lab'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  return {
    revision:
      variant === undefined ? workingRevision() : isFolder ? variant : git('rev-parse', '--short', variant),
    folder,
    module: path => join(folder, path),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Measures in a snapshot of the working tree, and says of which revision it is. */
export async function measuredIn(measure: (snapshot: Snapshot) => Promise<Measured>): Promise<Measured> {
  const snapshot = await takeSnapshot()
  try {
    const { figures, conditions } = await measure(snapshot)
    return { figures, conditions: { revision: snapshot.revision, ...conditions } }
  } finally {
    await snapshot.remove()
  }
}

async function checkOut(revision: string, folder: string, sources: string): Promise<void> {
  const archive = join(folder, 'sources.tar')
  git('archive', '--output', archive, revision, 'package.json', ...product)
  await mkdir(sources)
  execFileSync('tar', ['-xf', archive, '-C', sources])
}

async function compile(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(to, source.slice(from.length))
    await mkdir(dirname(target), { recursive: true })
    await cp(source, target)
    if (/(?<!\.d)\.ts$/.test(source)) await writeFile(target.replace(/\.ts$/, '.js'), await compiled(source))
  }
}

async function compiled(file: string): Promise<string> {
  return ts.transpileModule(await readFile(file, 'utf8'), { compilerOptions, fileName: file }).outputText
}

function workingRevision(): string {
  const changed = git('status', '--porcelain', '--', ...product, ...benchmark) !== ''
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`
}

function git(...command: readonly string[]): string {
  return execFileSync('git', [...command], { cwd: root, encoding: 'utf8' }).trim()
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const product = ['runtime', 'config', 'engine', 'proxy', 'selector', 'cli']
const benchmark = [
  'scripts/bench',
  'scripts/load',
  'scripts/lab-fleet',
  'test/support',
  'test/sim',
  'test/fixtures',
]
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
}
