import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mochaTally, tapeTally, type Tally } from './tally.ts'

/** Where things are during a run. */
export interface Run {
  /** The suite's folder. */
  readonly suite: string
  readonly work: string
  readonly env: NodeJS.ProcessEnv
  /** Where the suite's tools are. */
  readonly tools: string
}

/** The longest file takes about 45 s; the suite's own limits end at 80 s. */
const fileMs = 150_000

/** Runs the unit tests, which need no peer. */
export async function runUnitTests({ suite, work, env, tools }: Run): Promise<Tally> {
  const report = join(work, 'mocha.json')
  const mocha = join(tools, 'mocha', 'bin', 'mocha.js')
  const options = ['--reporter', 'json', '--reporter-option', `output=${report}`]
  await output(suite, env, [mocha, './test/unit-tests/', ...options])
  return mochaTally(readIfThere(report))
}

/** Runs one file of integration tests. */
export async function runFile(
  { suite, env }: Run,
  file: string,
): Promise<Tally & { readonly output: string }> {
  const run = await output(join(suite, 'test'), env, [`./${file}.js`])
  return { ...tapeTally(run.text, run.code), output: run.text }
}

function output(
  cwd: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[],
): Promise<{ readonly text: string; readonly code: number | null }> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (text += String(chunk)))
  child.stderr.setEncoding('utf8').on('data', chunk => (text += String(chunk)))
  const late = setTimeout(() => child.kill('SIGKILL'), fileMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => {
      clearTimeout(late)
      resolve({ text, code })
    })
  })
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
