import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { messageOf, PorticoError } from '../runtime/errors.ts'

/** Writes a file that only its owner may read, whole or not at all. Rejects with `E_CONFIG` that names dataDir. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined)
    const step = 'make the folder writable or set dataDir to another'
    throw new PorticoError('E_CONFIG', `dataDir: cannot write ${path}: ${messageOf(cause)}; ${step}`, {
      cause,
    })
  }
}

/** The text of a file; undefined when there is none. Rejects with `E_CONFIG` that names `setting`. */
export async function readFileIfAny(path: string, setting: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    const step = 'make it readable for the user that runs Portico'
    throw new PorticoError('E_CONFIG', `${setting}: cannot read ${path}: ${messageOf(cause)}; ${step}`, {
      cause,
    })
  }
}
