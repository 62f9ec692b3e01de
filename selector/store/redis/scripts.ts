import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Scripts that Redis runs as one step, each in `selector/store/lua/<name>.lua` with its keys and arguments on top. */
const scriptNames = [
  'put',
  'remove',
  'load',
  'reserve',
  'release',
  'repin',
  'unpin',
  'bind',
  'hold',
  'drop',
] as const

/** The name of a script. */
export type ScriptName = (typeof scriptNames)[number]

/** A script's text and what Redis calls it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/** Reads all scripts. */
export async function readScripts(): Promise<ReadonlyMap<ScriptName, Script>> {
  const scripts = await Promise.all(
    scriptNames.map(async name => [name, scriptOf(await readFile(fileOf(name), 'utf8'))] as const),
  )
  return new Map(scripts)
}

function fileOf(name: ScriptName): URL {
  return new URL(import.meta.resolve(`#lua/${name}.lua`))
}

function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
