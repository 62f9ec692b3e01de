import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Scripts that Redis runs as one step, each in `selector/store/lua/<name>.lua` with its keys and arguments on top. */
const plain = [
  'put',
  'remove',
  'record',
  'pin',
  'repin',
  'unpin',
  'bind',
  'hold',
  'drop',
  'queue',
  'dial',
  'dialled',
] as const
/** Those that stand on `rank.lua`. */
const ranking = ['load', 'health', 'reserve', 'release', 'end', 'keep', 'rerank'] as const

/** The name of a script. */
export type ScriptName = (typeof plain)[number] | (typeof ranking)[number]

/** A script's text and what Redis calls it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/** Reads all scripts. */
export async function readScripts(): Promise<ReadonlyMap<ScriptName, Script>> {
  const shared = await textOf('rank')
  const scripts = await Promise.all([
    ...plain.map(async name => [name, scriptOf(await textOf(name))] as const),
    ...ranking.map(async name => [name, scriptOf(shared + (await textOf(name)))] as const),
  ])
  return new Map(scripts)
}

async function textOf(name: ScriptName | 'rank'): Promise<string> {
  return await readFile(new URL(import.meta.resolve(`#lua/${name}.lua`)), 'utf8')
}

function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
