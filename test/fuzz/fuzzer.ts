import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { codeExtension, root } from '../support/paths.ts'
import { seedsOf } from './seeds.ts'
import { targetNames, type TargetName } from './targets.ts'

/** What a run of one target has come to. */
export interface Fuzzed {
  readonly target: TargetName
  readonly executions: number
  /** Statements, functions and branches that were reached. */
  readonly coverage: number
  /** Where the input is kept that broke it. */
  readonly crasher?: string
  /** What the fuzzer wrote last. */
  readonly output: readonly string[]
}

/** Targets that were compiled for jsfuzz, which can instrument CommonJS in files named `.js` only. */
export interface Fuzzer {
  /** Runs one target for `seconds`, or until something breaks it. */
  run(target: TargetName, seconds: number): Promise<Fuzzed>
  /** Removes everything that was written but crashers. */
  close(): void
}

/** Compiles the targets, once. */
export async function createFuzzer(): Promise<Fuzzer> {
  const folder = mkdtempSync(join(tmpdir(), 'portico-fuzz-'))
  await compile(folder)
  return {
    run: (target, seconds) => run(folder, target, seconds),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The inputs that have once broken a target. */
export function crashersOf(target: TargetName): readonly { readonly file: string; readonly data: Buffer }[] {
  const folder = crasherFolder(target)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .toSorted()
    .map(file => ({ file, data: readFileSync(join(folder, file)) }))
}

async function compile(outDir: string): Promise<void> {
  const input = Object.fromEntries(
    targetNames.map(name => [
      name,
      fileURLToPath(new URL(`targets/${name}${codeExtension}`, import.meta.url)),
    ]),
  )
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('.', import.meta.url)),
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      minify: false,
      // Its instrumenter knows nothing newer.
      target: 'es2019',
      rollupOptions: {
        input,
        output: { format: 'cjs', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  })
}

async function run(folder: string, target: TargetName, seconds: number): Promise<Fuzzed> {
  const corpus = join(folder, `${target}-corpus`)
  const crash = join(folder, `${target}-crash`)
  mkdirSync(corpus, { recursive: true })
  for (const [at, seed] of seedsOf(target).entries()) writeFileSync(join(corpus, `seed-${at}`), seed)
  // Its versifier takes seconds and hundreds of megabytes for one input.
  const args = [
    jsfuzz,
    `${target}.js`,
    corpus,
    '--exact-artifact-path',
    crash,
    '--rss-limit-mb',
    '1024',
    '--no-versifier',
  ]
  // A process group of its own, so that its worker ends with it.
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => output.push(line))
  }
  await untilEnd(child, seconds)
  const last = output.findLast(line => line.startsWith('#')) ?? ''
  const [executions = 0, coverage = 0] = [/^#(\d+)/, /cov: (\d+)/].map(part =>
    Number(part.exec(last)?.[1] ?? 0),
  )
  const crasher = existsSync(crash) ? keep(target, readFileSync(crash)) : undefined
  const fuzzed = { target, executions, coverage, output: output.slice(-40) }
  return crasher === undefined ? fuzzed : { ...fuzzed, crasher }
}

async function untilEnd(child: ChildProcess, seconds: number): Promise<void> {
  const closed = new Promise<void>(resolve => child.once('close', () => resolve()))
  const timer = setTimeout(() => killGroup(child), seconds * 1000)
  await closed
  clearTimeout(timer)
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

function keep(target: TargetName, data: Buffer): string {
  const folder = crasherFolder(target)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, createHash('sha256').update(data).digest('hex').slice(0, 16))
  writeFileSync(file, data)
  return file
}

function crasherFolder(target: TargetName): string {
  return join(root, 'test/fuzz/crashers', target)
}

const jsfuzz = fileURLToPath(import.meta.resolve('jsfuzz'))
